"""The Large Movie Review Dataset, from its archive in one pass or from the unpacked folder."""

import csv
import gzip
import io
import re
import sys
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from seqmodels.core.errors import InputError, some
from seqmodels.core.examples import Examples

PUBLISHED = 12_500  # reviews of each kind in each part
_KINDS = [(part, label) for part in ("train", "test") for label in ("pos", "neg")]
_UNLABELLED = ("train", "unsup")
_MEMBER = re.compile(r"(?:\./)?(?:[^/]+/)?(train|test)/(pos|neg|unsup)/([^/.][^/]*)")
_STARS = {"pos": range(7, 11), "neg": range(1, 5)}
_NAME = re.compile(r"[0-9]+_([0-9]+)\.txt")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_MOST_BYTES = 1_000_000  # of one review; the longest published one has 14,000
_MOST_ARCHIVE_BYTES = 1 << 32  # unpacked; the published archive has a tenth of that
_BLOCK = 512  # bytes; tar files are made of such

Kind = tuple[str, str]  # part, label
File = tuple[str, str, str, bytes]  # part, label, name, contents
Found = dict[tuple[str, str], dict[str, tuple[str, int]]]  # part, label: name: text, rating


def read_tree(folder: Path, unlabelled: bool = False) -> tuple[Examples, Examples, list[str]]:
    """Return the train and test part of an unpacked folder, and the reviews without a verdict.

    Args:
        folder: That holds `train` and `test`.
        unlabelled: Read reviews without a verdict too, if there are any.

    Raises:
        InputError: A folder of it is missing, or a file is not a review; names them.
    """
    kinds = [*_KINDS, *[_UNLABELLED] * (unlabelled and (folder / "train" / "unsup").is_dir())]
    places = [folder / part / label for part, label in kinds]
    missing = [str(place.relative_to(folder)) for place in places if not place.is_dir()]
    if missing:
        raise InputError(
            f"{folder} needs the folders train/pos, train/neg, test/pos and test/neg; "
            f"missing: {some(missing)}. Unpack the archive again."
        )
    return _examples(folder, kinds, _files(folder, kinds))


def read_archive(path: Path, unlabelled: bool = False) -> tuple[Examples, Examples, list[str]]:
    """Return what `read_tree` does of an archive; nothing is unpacked to the disk.

    Args:
        path: The archive.
        unlabelled: As there.

    Raises:
        InputError: The archive ends early, is damaged or was tampered with, or a file in it
            is not a review; names them.
    """
    try:
        with gzip.open(path) as packed:
            kinds = [*_KINDS, *[_UNLABELLED] * unlabelled]
            stream: Any = io.BufferedReader(packed, 1 << 20)  # type: ignore[arg-type]
            return _examples(path, kinds, _members(path, kinds, stream))
    except EOFError:
        raise _damaged(path, "it ends early") from None
    except (gzip.BadGzipFile, zlib.error, tarfile.TarError) as error:
        raise _damaged(path, str(error)) from None
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror}.") from None


def read_table(path: Path) -> list[str]:
    """Return the reviews in the column `text` of a packed CSV, as those of `read_tree` are.

    Raises:
        InputError: It cannot be read, has no such column, or a review has no word in it.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            rows = [_BREAK.sub(" ", row["text"]) for row in csv.DictReader(file, strict=True)]
    except (OSError, EOFError, zlib.error, csv.Error, UnicodeDecodeError, LookupError) as error:
        raise InputError(f"{path} is no packed CSV with a column 'text': {error}.") from None
    empty = [i for i, text in enumerate(rows) if not any(map(str.isalnum, text))]
    if empty or not rows:
        raise InputError(f"{path} needs reviews; rows without a word in them: {some(empty)}.")
    return rows


def _files(folder: Path, kinds: Sequence[Kind]) -> Iterator[File]:
    try:
        for part, label in kinds:
            for file in (folder / part / label).iterdir():
                if not file.name.startswith("."):
                    with file.open("rb") as stream:
                        yield part, label, file.name, stream.read(_MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"Cannot read {error.filename}: {error.strerror}.") from None


def _members(path: Path, kinds: Sequence[Kind], stream: io.BufferedReader) -> Iterator[File]:
    """Yield the reviews of a tar stream, read to its very end for the sake of its checksum.

    `tarfile` takes a header that it cannot read, or a missing end, for the end of the archive;
    here both are errors. It only reads headers.
    """
    total = 0
    while (header := _exactly(path, stream, _BLOCK)) != bytes(_BLOCK):
        member = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
        total += member.size
        if member.size < 0 or total > _MOST_ARCHIVE_BYTES:
            raise _tampered(path, member, f"of {member.size:,} bytes")
        if member.issym() or member.islnk() or member.isdev():
            raise _tampered(path, member, "that is a link or a device")
        if member.name.startswith("/") or ".." in re.split(r"[/\\]", member.name):
            raise _tampered(path, member, "whose name leads out of the archive")
        review = _MEMBER.fullmatch(member.name) if member.isreg() else None
        review = review if review and review.group(1, 2) in kinds else None
        if review and member.size > _MOST_BYTES:
            raise _tampered(path, member, f"of {member.size:,} bytes, too large for a review")
        left = -(-member.size // _BLOCK) * _BLOCK
        if review:
            yield *review.groups(), _exactly(path, stream, left)[: member.size]  # type: ignore[misc]
            continue
        while left:
            left -= len(_exactly(path, stream, min(left, 1 << 20)))
    while stream.read(1 << 20):
        pass


def _exactly(path: Path, stream: io.BufferedReader, count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise _damaged(path, "it ends early")
    return data


def _examples(
    source: Path, kinds: Sequence[Kind], files: Iterable[File]
) -> tuple[Examples, Examples, list[str]]:
    """Return both parts and what has no verdict, in their order, if every file was found good."""
    found: Found = {kind: {} for kind in kinds}
    wrong: dict[str, list[str]] = {}
    for part, label, name, data in files:
        stars = _NAME.fullmatch(name)
        rating = int(stars[1]) if stars else 0
        text = _BREAK.sub(" ", data.decode("utf-8", "replace"))
        fault = _fault(label, rating, data, text)
        if name in found[part, label]:
            fault = "are there twice"
        if fault:
            wrong.setdefault(fault, []).append(f"{part}/{label}/{name}")
        found[part, label][name] = text, rating
    problems = [f"Files in {source} {fault}: {some(names)}." for fault, names in wrong.items()]
    more = found.pop(_UNLABELLED, {})
    empty = [f"{part}/{label}" for (part, label), reviews in found.items() if not reviews]
    if empty:
        problems.append(f"{source} has no reviews in {some(empty)}; every kind needs some.")
    if problems:
        raise InputError(problems)
    counts = {f"{part}/{label}": len(reviews) for (part, label), reviews in found.items()}
    if any(count != PUBLISHED for count in counts.values()):
        told = ", ".join(f"{count:,} in {kind}" for kind, count in counts.items())
        print(f"{source} is a sample: {told}; {PUBLISHED:,} each were published.", file=sys.stderr)
    train, test = (_part(found, part) for part in ("train", "test"))
    return train, test, [more[name][0] for name in sorted(more)]


def _fault(label: str, rating: int, data: bytes, text: str) -> str | None:
    """Return what is wrong with a file, to follow on "Files ..."."""
    if label in _STARS and rating not in _STARS[label]:
        return "are not named ID_RATING.txt with a rating of 1-4 (neg) or 7-10 (pos)"
    if len(data) > _MOST_BYTES:
        return "are too large for a review"
    if text.count("\ufffd") > data.count("\ufffd".encode()):
        return "are not UTF-8"
    if not any(map(str.isalnum, text)):
        return "have no word in them"
    return None


def _part(found: Found, part: str) -> Examples:
    every = [(label, name) for label in ("pos", "neg") for name in sorted(found[part, label])]
    reviews = [found[part, label][name] for label, name in every]
    targets = {
        "sentiment": [label for label, _ in every],
        "rating": [rating for _, rating in reviews],
    }
    return Examples([text for text, _ in reviews], targets)


def _tampered(path: Path, member: tarfile.TarInfo, what: str) -> InputError:
    return InputError(
        f"{path} holds a member {what}: {member.name[:200]!r}. It is not the published archive, "
        f"and nothing was unpacked. Fetch it again."
    )


def _damaged(path: Path, why: str) -> InputError:
    return InputError(f"The archive {path} is damaged: {why}. Fetch it again.")
