"""The one reader of delimited, JSON-lines and Parquet tables, and of lines."""
