"""What is wrong with data before training: leaks between parts, and `inspect`."""
