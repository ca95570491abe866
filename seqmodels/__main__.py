"""`python -m seqmodels` is the `seqmodels` command."""

from seqmodels.cli import main

main()
