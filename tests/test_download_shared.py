"""Downloads by several at a time, and what is shown of them."""

import io
import logging
import subprocess
import sys
import threading
import time
from pathlib import Path

import pooch
import pytest
from a_server import BODY, SHA256, Handler, Server, fails, fetch, serves

from seqmodels.core.errors import InputError
from seqmodels.data import download


def half_and_wait(handler: Handler) -> None:
    handler.send(BODY, until=200_000)
    handler.wfile.flush()
    handler.server.finished.wait(30)


@pytest.fixture(autouse=True)
def cache(download_cache) -> Path:
    return download_cache


ANOTHER = """
import sys
from pathlib import Path
from seqmodels.data import download
url, cache, checksum = sys.argv[1:]
download.cache_folder = lambda: Path(cache)
print(download.fetch(url, folder="set", name="file.bin", sha256=checksum))
"""


def another_process(server: Server, cache: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", ANOTHER, server.url(), str(cache), SHA256],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip


def test_processes_that_share_a_cache_fetch_a_file_once(server, cache):
    def slowly(handler: Handler) -> None:
        time.sleep(1)
        handler.send(BODY)

    server.plans = [slowly]
    told = [one.communicate()[0] for one in [another_process(server, cache) for _ in range(3)]]
    assert told == [f"{cache / 'set' / 'file.bin'}\n"] * 3
    assert len(server.ranges) == 1


def test_what_a_killed_process_fetched_is_taken_up(server, cache):
    server.plans = [half_and_wait, serves()]
    killed = another_process(server, cache)
    part = cache / "set" / f".file.bin.{SHA256[-8:]}.part"
    until = time.monotonic() + 20
    while time.monotonic() < until and not (part.exists() and part.stat().st_size > 100_000):
        time.sleep(0.02)
    killed.kill()
    killed.communicate()
    assert not (cache / "set" / "file.bin").exists()
    assert fetch(server.url()).read_bytes() == BODY
    assert int((server.ranges[1] or "bytes=0-")[6:-1]) > 100_000


def test_two_that_fetch_the_same_file_take_turns(server):
    def slowly(handler: Handler) -> None:
        time.sleep(0.3)
        handler.send(BODY)

    server.plans = [slowly]
    paths: list[Path] = []
    both = [threading.Thread(target=lambda: paths.append(fetch(server.url()))) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(10)
    assert [path.read_bytes() for path in paths] == [BODY, BODY]
    assert len(server.ranges) == 1


def test_progress_is_plain_lines_on_standard_error_and_silence_is_kept(server, cache, capsys):
    server.plans = [fails(500), serves()]
    fetch(server.url(), progress=True)
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines()[0] == f"Downloading {server.url()}"
    assert "Trying again" in told.err
    (cache / "set" / "file.bin").unlink()
    fetch(server.url())
    assert capsys.readouterr().err == ""


def test_pooch_does_not_tell_it_a_second_time(server):
    told = io.StringIO()
    handler = logging.StreamHandler(told)
    pooch.get_logger().addHandler(handler)
    try:
        fetch(server.url())
    finally:
        pooch.get_logger().removeHandler(handler)
    assert told.getvalue() == ""


def test_one_checksum_is_needed():
    with pytest.raises(InputError, match="one checksum"):
        download.fetch("http://127.0.0.1:1/x", folder="set", name="x")


def test_the_users_folder_comes_before_the_cache(monkeypatch, tmp_path, cache):
    (cache / "set").mkdir(parents=True)
    (cache / "set" / "a-1.txt").touch()
    assert download.locate("set", ["a-*.txt"]) == cache / "set" / "a-1.txt"
    assert download.locate("set", ["b.txt"]) is None
    monkeypatch.setenv(download.DATA_VARIABLE, str(tmp_path))
    (tmp_path / "a-2.txt").touch()
    assert download.locate("set", ["a-*.txt"]) == tmp_path / "a-2.txt"


def test_a_terminal_gets_a_bar(server, monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")  # how one tells rich that it is on a terminal
    fetch(server.url(), progress=True)
    assert "300.0/300.0 kB" in capsys.readouterr().err
