"""The only room that imports the Singer SDK: streams and taps as the SDK wants them."""
