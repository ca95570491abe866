"""Downloads: taken up, checked, refused."""

import errno
import hashlib
import time
from pathlib import Path

import pytest
from a_server import BODY, SHA256, Handler, fails, fetch, serves

from seqmodels.core.errors import InputError
from seqmodels.data import download
from seqmodels.training.settings import resolve

MD5 = hashlib.md5(BODY, usedforsecurity=False).hexdigest()


def ignores_ranges(handler: Handler) -> None:
    handler.send(BODY)


def hangs(handler: Handler) -> None:
    handler.send(BODY, until=1000)
    handler.wfile.flush()
    handler.server.finished.wait(5)


@pytest.fixture(autouse=True)
def cache(download_cache) -> Path:
    return download_cache


def leave_part(cache: Path, body: bytes) -> Path:
    part = cache / "set" / f".file.bin.{SHA256[-8:]}.part"
    part.parent.mkdir(parents=True, exist_ok=True)
    part.write_bytes(body)
    return part


def test_a_file_is_fetched_once(server, cache):
    path = fetch(server.url())
    assert path == cache / "set" / "file.bin"
    assert path.read_bytes() == BODY
    assert fetch(server.url()) == path
    assert len(server.ranges) == 1


def test_an_md5_will_do(server):
    path = download.fetch(server.url(), folder="set", name="x", md5=MD5, progress=False)
    assert path.read_bytes() == BODY


def test_a_connection_that_breaks_half_way_is_taken_up_where_it_broke(server):
    server.plans = [serves(until=150_000), serves()]
    assert fetch(server.url()).read_bytes() == BODY
    assert server.ranges[0] is None
    assert server.ranges[1] is not None
    assert 0 < int(server.ranges[1][6:-1]) <= 150_000


def test_a_later_call_goes_on_where_an_earlier_one_gave_up(server, cache):
    leave_part(cache, BODY[:100_000])
    assert fetch(server.url()).read_bytes() == BODY
    assert server.ranges == ["bytes=100000-"]


def test_what_was_fetched_is_kept_when_a_call_gives_up(server, cache):
    server.plans = [serves(until=10), fails(503)]
    with pytest.raises(InputError, match="503"):
        fetch(server.url())
    server.plans = [serves()]
    fetch(server.url())
    assert server.ranges[-1] == "bytes=10-"


def test_a_server_that_ignores_ranges_sends_it_all_again(server, cache):
    leave_part(cache, BODY[:100_000])
    server.plans = [ignores_ranges]
    assert fetch(server.url()).read_bytes() == BODY


@pytest.mark.parametrize("left", [b"x" * 100, BODY, BODY + b"more"])
def test_a_part_that_is_of_no_use_is_fetched_afresh(server, cache, left):
    leave_part(cache, left)
    assert fetch(server.url()).read_bytes() == BODY


def test_an_answer_for_another_range_is_not_appended(server):
    server.plans = [serves(until=100), lambda handler: handler.send(BODY, 50, 206), serves()]
    assert fetch(server.url()).read_bytes() == BODY


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_busy_server_is_asked_again(server, status):
    server.plans = [fails(status), fails(status), serves()]
    assert fetch(server.url()).read_bytes() == BODY


def test_tries_are_bounded(server):
    server.plans = [fails(500)]
    with pytest.raises(InputError, match=r"500 .*tried 5 times"):
        fetch(server.url())
    assert len(server.ranges) == download.TRIES


@pytest.mark.parametrize("status", [403, 404])
def test_a_refusal_is_final_and_says_what_to_do_by_hand(server, cache, status):
    server.plans = [fails(status)]
    with pytest.raises(InputError) as caught:
        fetch(server.url())
    assert len(server.ranges) == 1
    for part in (str(status), server.url(), SHA256, str(cache / "set" / "file.bin")):
        assert part in str(caught.value)


def test_another_file_than_the_published_one_gets_no_name(server, cache):
    wrong = b"<html>log in first</html>"
    server.plans = [serves(wrong)]
    with pytest.raises(InputError) as caught:
        fetch(server.url())
    assert SHA256 in str(caught.value)
    assert hashlib.sha256(wrong).hexdigest() in str(caught.value)
    assert not (cache / "set" / "file.bin").exists()
    assert not list((cache / "set").glob("*.part"))


def test_a_damaged_file_in_the_cache_is_replaced(server, cache):
    path = fetch(server.url())
    path.write_bytes(BODY[:-1])
    assert fetch(server.url()).read_bytes() == BODY


def test_a_server_that_falls_silent_is_given_up(server, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUT", (0.3, 0.2))
    monkeypatch.setattr(download, "TRIES", 2)
    server.plans = [hangs]
    started = time.monotonic()
    with pytest.raises(InputError, match="timed out"):
        fetch(server.url())
    assert time.monotonic() - started < 3


def test_a_gzip_that_is_called_an_encoding_stays_packed(server):
    def plan(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Content-Length", str(len(BODY)))
        handler.end_headers()
        handler.wfile.write(BODY)

    server.plans = [plan]
    assert fetch(server.url()).read_bytes() == BODY


def test_being_offline_is_said(server):
    url = server.url()
    server.shutdown()
    server.server_close()
    with pytest.raises(InputError, match="connection failed"):
        fetch(url)


def test_a_mirror_is_asked_instead(server, monkeypatch):
    monkeypatch.setenv(download.MIRROR_VARIABLE, server.url("mirror/"))
    assert fetch("http://127.0.0.1:1/never/asked").read_bytes() == BODY
    assert server.paths == ["/mirror/set/file.bin"]


def test_a_mirror_that_is_given_comes_before_that_of_the_environment(server, monkeypatch):
    monkeypatch.setenv(download.MIRROR_VARIABLE, "http://127.0.0.1:1/never/asked")
    path = download.fetch(
        "http://127.0.0.1:1/nor/this", folder="set", name="x", md5=MD5, mirror=server.url("m")
    )
    assert path.read_bytes() == BODY
    assert server.paths == ["/m/set/x"]


def test_a_mirror_is_an_argument_of_a_dataset_that_downloads(server):
    server.plans = [fails(404)]
    plan = resolve("imdb", settings={"dataset.mirror": server.url("m")})  # as --set gives it
    with pytest.raises(InputError, match="404") as caught:
        plan.made()
    assert server.paths == ["/m/imdb/aclImdb_v1.tar.gz"]
    assert "--set dataset.mirror=" in str(caught.value)


def test_a_mirror_with_another_file_is_not_believed(server, cache):
    server.plans = [serves(BODY[::-1])]
    with pytest.raises(InputError, match="not the published file"):
        download.fetch("http://127.0.0.1:1/", folder="set", name="x", md5=MD5, mirror=server.url())
    assert not (cache / "set" / "x").exists()


def test_a_mirror_that_is_no_address_is_refused_at_once(monkeypatch):
    monkeypatch.setenv(download.MIRROR_VARIABLE, "somewhere")
    with pytest.raises(InputError, match="somewhere/set/file") as caught:
        fetch("http://127.0.0.1:1/x")
    assert "tried" not in str(caught.value)


def test_a_folder_that_cannot_be_written_is_said(server, cache):
    cache.write_text("a file where the folder should be")
    with pytest.raises(InputError, match="Cannot download"):
        fetch(server.url())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is always full")
def test_a_full_disk_is_said_and_the_next_call_goes_on(server, cache):
    part = leave_part(cache, b"")
    part.unlink()
    part.symlink_to("/dev/full")
    with pytest.raises(InputError, match="No space left on device") as caught:
        fetch(server.url())
    assert len(server.ranges) == 1  # asking again would not help
    assert str(cache / "set" / "file.bin") in str(caught.value)
    assert not (cache / "set" / "file.bin").exists()
    part.unlink()
    assert fetch(server.url()).read_bytes() == BODY


def test_from_a_cache_that_cannot_be_written_files_are_read(server, cache, monkeypatch):
    path = fetch(server.url())

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(Path, "mkdir", refuse)
    assert fetch(server.url()) == path
    assert len(server.ranges) == 1
    with pytest.raises(InputError, match="Read-only file system"):
        download.fetch(server.url(), folder="set", name="other", md5=MD5, progress=False)
