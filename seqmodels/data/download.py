"""A URL and a checksum become a path on this disk; what is there already is found first."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from seqmodels.core.errors import InputError
from seqmodels.core.files import alone

if TYPE_CHECKING:
    import requests

DATA_VARIABLE = "SEQMODELS_DATA"
MIRROR_VARIABLE = "SEQMODELS_MIRROR"
TRIES = 5  # in one call; the next call goes on where this one stopped
PAUSE = 0.5  # seconds before the second try, twice that before the third, and so on
TIMEOUT = (10.0, 30.0)  # seconds: to connect, and of silence in between
_BLOCK = 1 << 16  # bytes
_BUSY = (408, 425, 429, 500, 502, 503, 504)  # HTTP answers that may be better the next time

Say = Callable[[str], None]
Advance = Callable[[int, int | None], None]  # bytes that are here, bytes of the whole file


def cache_folder() -> Path:
    """Return the folder that keeps downloads; it need not exist."""
    return Path(platformdirs.user_cache_dir("seqmodels"))


def locate(folder: str, names: Sequence[str]) -> Path | None:
    """Return the first of `names` that is on this disk, or None.

    Looked for in `$SEQMODELS_DATA/FOLDER`, in `$SEQMODELS_DATA`, and in the cache.

    Args:
        folder: The dataset's own folder, such as "imdb".
        names: File or folder names, the best first; `*` stands for any characters.
    """
    root = os.environ.get(DATA_VARIABLE)
    places = [Path(root) / folder, Path(root)] if root else []
    for place in [*places, cache_folder() / folder]:
        for name in names:
            found = sorted(place.glob(name)) if "*" in name else [place / name]
            if found and found[0].exists():
                return found[0]
    return None


def fetch(
    url: str,
    *,
    folder: str,
    name: str,
    md5: str | None = None,
    sha256: str | None = None,
    mirror: str | None = None,
    progress: bool = True,
) -> Path:
    """Return the path of a published file, downloaded to the cache unless it is there.

    The file gets its name once its checksum is right. A download that broke off goes on
    where it stopped, now or in a later call, if the server can do that. Two processes that
    fetch the same file take turns, and the second finds it there.

    A mirror serves the same file as `MIRROR/FOLDER/NAME`, which is read instead of `url`; the
    checksum still has to be right. So any web server of a folder that is laid out like
    `$SEQMODELS_DATA` is a mirror.

    Args:
        url: Where the publisher serves it.
        folder: The dataset's own folder in the cache, such as "imdb".
        name: What to call it there.
        md5: Its checksum, in hexadecimal; or give `sha256`.
        sha256: Its checksum, in hexadecimal.
        mirror: Address of a mirror. None: `$SEQMODELS_MIRROR`, where it is set.
        progress: Report on standard error: a bar on a terminal, else plain lines.

    Raises:
        InputError: The server is out of reach, refuses, stops too often, or sends another
            file; says what to fetch by hand and where to put it.
    """
    import pooch

    if (md5 is None) == (sha256 is None):
        raise InputError(f"Fetching {name!r} needs one checksum, md5 or sha256.")
    kind, checksum = ("md5", md5) if md5 else ("sha256", str(sha256))
    target = cache_folder() / folder / name
    mirror = mirror or os.environ.get(MIRROR_VARIABLE)
    source = f"{mirror.rstrip('/')}/{folder}/{name}" if mirror else url
    try:
        if target.is_file() and pooch.file_hash(str(target), alg=kind) == checksum.lower():
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        with _reporting(name, progress) as (say, advance), _lock(target, say):
            part = target.with_name(f".{name}.{checksum[-8:]}.part")
            _retrieve(source, target, f"{kind}:{checksum}", _Resuming(part, say, advance))
    except (_Failed, OSError) as why:
        raise InputError(
            f"Cannot download {name!r} from {source}: {why}. "
            f"Fetch {url} by hand ({kind} {checksum}) and put it at {target}, or give "
            f"the address of a server that has {folder}/{name} as mirror "
            f"(--set dataset.mirror=, or ${MIRROR_VARIABLE})."
        ) from None
    return target


class _Failed(Exception):  # noqa: N818
    """Says why there is no file; `again` means that the next try may do better."""

    def __init__(self, why: str, again: bool = False):
        super().__init__(why)
        self.again = again


class _Resuming:
    """A downloader for pooch that keeps what it got and goes on from there.

    Args:
        part: Holds the bytes that are here; it stays when the download fails.
        say: Shows the user a sentence.
        advance: Takes the bytes that are here, and those of the whole file or None.
    """

    def __init__(self, part: Path, say: Say, advance: Advance):
        self.part = part
        self.say = say
        self.advance = advance
        self.resumed = False

    def __call__(self, url: str, output_file: str, pooch: object) -> None:
        """Write the file at `url` to `output_file`."""
        self.resumed = self._here() > 0
        self.say(f"{'Going on with' if self.resumed else 'Downloading'} {url}")
        for number in range(1, TRIES + 1):
            try:
                self._read(url)
                break
            except _Failed as why:
                if not why.again:
                    raise
                if number == TRIES:
                    raise _Failed(f"{why} (tried {TRIES} times)") from None
                self.say(f"Trying again: {why}.")
                time.sleep(PAUSE * 2 ** (number - 1))
        self.part.replace(output_file)

    def _here(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _read(self, url: str) -> None:
        """Add to the part what the server has beyond it, or all where it cannot do that."""
        import requests
        from urllib3.exceptions import HTTPError

        here = self._here()
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={here}-"} if here else {})
        try:
            with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
                total = self._size(answer, here)
                with self.part.open("ab" if answer.status_code == 206 else "wb") as file:
                    # raw: where a server calls .gz an encoding, it must not be unpacked
                    while block := answer.raw.read(_BLOCK, decode_content=False):
                        file.write(block)
                        self.advance(file.tell(), total)
        except (requests.RequestException, HTTPError) as error:
            never = isinstance(error, ValueError)  # not an address that can be asked
            why = f"the connection failed after {self._here():,} bytes: {_short(error)}"
            raise _Failed(str(error) if never else why, again=not never) from None
        if total is not None and self._here() != total:
            raise _Failed(f"the server sent {self._here():,} of {total:,} bytes", again=True)

    def _size(self, answer: "requests.Response", here: int) -> int | None:
        """Return the size of the whole file, if the server states it; refuse useless answers."""
        status, span = answer.status_code, answer.headers.get("Content-Range", "")
        if here and (status == 416 or (status == 206 and not span.startswith(f"bytes {here}-"))):
            self.part.unlink()
            raise _Failed("what was here is no part of the file", again=True)
        if status not in (200, 206):
            raise _Failed(f"the server answered {status} {answer.reason}", again=status in _BUSY)
        length = answer.headers.get("Content-Length", "")
        if not length.isdecimal():
            return None
        return int(length) + (here if status == 206 else 0)


def _retrieve(url: str, target: Path, expected: str, whole: _Resuming) -> None:
    """Let pooch fetch, check and name the file."""
    import pooch

    log = pooch.get_logger()
    level = log.level
    log.setLevel("WARNING")  # we report ourselves, once
    try:
        pooch.retrieve(url, expected, target.name, target.parent, downloader=whole)  # type: ignore[arg-type]
    except ValueError as error:
        if not whole.resumed:
            raise _Failed(f"it is not the published file. {str(error).rstrip('.')}") from None
        whole.say("What was here was part of another file.")
        _retrieve(url, target, expected, whole)  # from the first byte on: the part is gone
    finally:
        log.setLevel(level)


def _lock(target: Path, say: Say) -> contextlib.AbstractContextManager[None]:
    """Return the lock of a file; while another process holds it, wait, and say so once."""
    notes = [f"Another process downloads {target.name}; waiting for it."]

    def busy() -> None:
        if notes:
            say(notes.pop())
        time.sleep(0.2)

    return alone(target.with_name(f".{target.name}.lock"), busy)


@contextlib.contextmanager
def _reporting(name: str, shown: bool) -> Iterator[tuple[Say, Advance]]:
    """Give a way to say a sentence and a way to move the bar, both on standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, quiet=not shown, highlight=False)
    columns = (TextColumn(name), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    live = shown and console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=not live) as bar:
        task = bar.add_task(name, total=None)
        yield (
            lambda text: console.print(text, markup=False, soft_wrap=True),
            lambda here, total: bar.update(task, completed=here, total=total),
        )


def _short(error: Exception) -> str:
    """Return the sentence at the heart of a network error."""
    inner = error.args[0] if error.args else error
    return str(getattr(inner, "reason", inner))[:200]
