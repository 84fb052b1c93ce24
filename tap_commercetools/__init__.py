"""Singer tap for commercetools Composable Commerce."""
