"""What a test part must not share with training: one family of leaks a file."""
