"""One summary of a run and its renderings as an HTML page and in a notebook."""
