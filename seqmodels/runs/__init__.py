"""The run directory: its files and schemas; train, resume, repeat and compare runs."""
