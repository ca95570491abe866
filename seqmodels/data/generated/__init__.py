"""Built-in datasets that need no download: they are generated, or come with scikit-learn."""
