"""The files of a folder, of a zip or one alone, read in the same way, never unpacked to disk."""

from __future__ import annotations

import contextlib
import itertools
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from seqmodels.core.errors import InputError, some

MOST_TABLE = 20_000_000  # bytes of a table of labels beside the ink
MOST_FILES = 2_000_000
MOST_BYTES = 1_000_000_000  # of one member, unpacked
_BOMB = 200  # a member this many times as large as its packed form, and larger than this:
_BOMB_BYTES = 10_000_000
_SKIPPED = ("__MACOSX", ".DS_Store", "Thumbs.db")


@dataclass(frozen=True)
class Files:
    """Files by name, below a folder or in a zip.

    Args:
        root: The folder, the zip, or the only file.
        names: Paths from the root, with slashes, sorted.
        archive: The zip, if it is one.
    """

    root: Path
    names: list[str]
    archive: zipfile.ZipFile | None = None

    def where(self, name: str) -> str:
        """Return how to name a file in messages."""
        if self.archive is not None:
            return f"{self.root}: {name}"
        return str(self.root / name if name else self.root)

    def stem(self, name: str) -> str:
        return PurePosixPath(name or self.root.name).stem

    def folders(self, name: str) -> tuple[str, ...]:
        """Return the folders between the root and a file."""
        return PurePosixPath(name).parts[:-1]

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """Open a file; what fails while it is read is an `InputError` that names it."""
        try:
            if self.archive is None:
                with (self.root / name if name else self.root).open("rb") as file:
                    yield file
            else:
                with self.archive.open(self._safe(name)) as file:
                    yield file
        except (OSError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
            raise InputError(f"{self.where(name)} cannot be read: {error}.") from None
        except ValueError as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"{self.where(name)} cannot be read: {error}.") from None
        except Exception as error:
            if type(error).__module__ == "zlib":
                raise InputError(f"{self.where(name)} is damaged: {error}.") from None
            raise

    def head(self, name: str, size: int = 4096) -> bytes:
        """Return the first bytes of a file."""
        with self.open(name) as file:
            return file.read(size)

    def text(self, name: str, most: int = 64_000_000, encoding: str | None = None) -> str:
        """Return a file as text: in UTF-8, with or without a mark, else ISO 8859-15.

        Raises:
            InputError: It is too large, or not in the encoding that was given.
        """
        with self.open(name) as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise InputError(
                f"{self.where(name)} is larger than {most:,} bytes, too large to read."
            )
        if encoding is None:
            try:
                return data.decode("utf-8-sig")
            except UnicodeDecodeError:
                return data.decode("iso8859-15")
        try:
            return data.decode(encoding)
        except LookupError:
            raise InputError(
                f"There is no encoding {encoding!r}. Try 'utf-8' or 'latin-1'."
            ) from None
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise InputError(
                f"{self.where(name)}, line {line} is not {encoding} text. Give encoding=."
            ) from None

    def _safe(self, name: str) -> zipfile.ZipInfo:
        archive = self.archive
        if archive is None:
            raise TypeError(name)
        info = archive.getinfo(name)
        if info.flag_bits & 1:
            raise InputError(f"{self.where(name)} is encrypted. Unpack it and give the folder.")
        large = info.file_size > _BOMB_BYTES and info.file_size > _BOMB * info.compress_size
        if large or info.file_size > MOST_BYTES:
            raise InputError(
                f"{self.where(name)} would unpack from {info.compress_size:,} to "
                f"{info.file_size:,} bytes. That is no file of drawings; leave it out."
            )
        return info


@contextlib.contextmanager
def files(path: Path, most: int = MOST_FILES) -> Iterator[Files]:
    """List what is below a folder, in a zip, or the file itself under the name "".

    An `.npz`, a zip whose members are all arrays, is one file.

    Args:
        path: The folder, the zip or the file.
        most: Files of a folder to list, for a first look.

    Raises:
        InputError: The zip is broken, or has members that climb out of it.
    """
    if path.is_dir():
        yield Files(path, sorted(itertools.islice(_below(path), most)))
        return
    if not _is_zip(path):
        yield Files(path, [""])
        return
    try:
        archive = zipfile.ZipFile(path)
    except Exception as error:  # a broken directory of a zip fails in more ways than one
        raise InputError(f"{path} is not a whole zip: {error}. Fetch it again.") from None
    with archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        names = [member.filename for member in members if not _skipped(member.filename)]
        if not names or all(name.endswith(".npy") for name in names):
            yield Files(path, [""])
            return
        climbing = [name for name in names if _climbs(name)]
        if climbing:
            raise InputError(
                f"{path} has members that climb out of it: {some(climbing)}. Do not trust it."
            )
        yield Files(path, sorted(set(names)), archive)


def _is_zip(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PK\x03\x04"
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error}.") from None


def _below(path: Path) -> Iterator[str]:
    count = 0
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(one for one in folders if not _skipped(one) and one[0] != ".")
        here = Path(folder).relative_to(path)
        for name in names:
            if _skipped(name) or name.startswith("."):
                continue
            count += 1
            if count > MOST_FILES:
                raise InputError(f"{path} has more than {MOST_FILES:,} files. Give a part of it.")
            yield (here / name).as_posix()


def _skipped(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return any(part in _SKIPPED or part.startswith("._") for part in parts)


def _climbs(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return ".." in parts or name.startswith(("/", "\\")) or (bool(parts) and parts[0].endswith(":"))
