"""Time series in tables: columns, times, gaps, windows."""
