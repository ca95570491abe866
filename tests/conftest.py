"""What many tests share."""

import os
import signal
from collections.abc import Callable
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


@pytest.fixture
def sums(monkeypatch) -> str:
    """Register the dataset of `searches.made`, and return its name."""
    from searches import made

    from seqmodels.core.registry import DATASETS, Source

    made.calls = []  # type: ignore[attr-defined]
    source = Source(made, {}, {}, search={"dataset.size": "40,60,80"})
    monkeypatch.setitem(DATASETS._parts, "sums", source)
    return "sums"


@pytest.fixture
def fake(monkeypatch):
    """Let trials have known losses without a training; return `monkeypatch`."""
    from searches import Fake

    from seqmodels.tuning import objective

    monkeypatch.setattr(objective, "Objective", Fake)
    return monkeypatch


@pytest.fixture
def on_disk(monkeypatch) -> Callable[[], None]:
    """Return what makes everything from a kilobyte on large, and read in little pieces."""
    from seqmodels.core import storage
    from seqmodels.data.series import windows
    from seqmodels.data.tables import frames

    def small() -> None:
        monkeypatch.setattr(storage, "LARGE", 1000)
        monkeypatch.setattr(storage, "ROWS", 97)
        monkeypatch.setattr(frames, "PIECE", 2**13)
        monkeypatch.setattr(windows, "WIDE", 1)

    return small


@pytest.fixture
def no_network(monkeypatch, tmp_path) -> None:
    """Let a download fail the test."""
    from seqmodels.data import download

    monkeypatch.setattr(download, "cache_folder", lambda: tmp_path / "no cache")
    monkeypatch.setattr(download, "fetch", lambda *_, **__: pytest.fail("would download"))


@pytest.fixture
def server():
    """Return a server of files with faults on demand."""
    from a_server import serving

    with serving() as server:
        yield server


@pytest.fixture
def download_cache(monkeypatch, tmp_path) -> Path:
    """Let downloads go to a folder of the test, without a pause or a mirror; return the folder."""
    from seqmodels.data import download

    monkeypatch.setattr(download, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(download, "PAUSE", 0.01)
    for name in (download.MIRROR_VARIABLE, download.DATA_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "cache"
