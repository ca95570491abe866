"""What many tests share."""

import os
import signal
from pathlib import Path

import pytest

# A shell starts what is in its background deaf to Ctrl-C, which some tests send.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real public data, or skip the test."""
    default = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("SEQMODELS_DATA", default))
    if not (folder / "README.md").is_file():
        pytest.skip(f"real data not found at {folder}; set SEQMODELS_DATA to run this test")
    return folder
