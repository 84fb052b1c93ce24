"""What both taps share: walks, checkpoints, requests, records."""
