"""The archive of film reviews: damaged and tampered with."""

import random
import tarfile

import pytest
from reviews_written import tar, write_archive

from seqmodels.core.errors import InputError
from seqmodels.data.texts.imdb import imdb

pytestmark = pytest.mark.usefixtures("no_network")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.999])
def test_a_truncated_archive_is_named(tmp_path, share):
    path = write_archive(tmp_path / "aclImdb_v1.tar.gz", tar())
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(InputError, match=r"aclImdb_v1\.tar\.gz.*damaged"):
        imdb(path)


def test_an_archive_cut_before_it_was_packed_is_named(tmp_path):
    plain = tar()
    end = len(plain.rstrip(b"\0"))
    for cut in (512 * (end // 512), 512 * (end // 512) + 100, 1000):
        with pytest.raises(InputError, match="damaged"):
            imdb(write_archive(tmp_path / "aclImdb_v1.tar.gz", plain[:cut]))


def test_an_archive_with_a_flipped_bit_is_refused(tmp_path):
    path = write_archive(tmp_path / "aclImdb_v1.tar.gz", tar())
    data = path.read_bytes()
    places = random.Random(0).sample(range(10, len(data)), 60)
    for place in [*places, len(data) - 6]:  # the last lies in the checksum
        path.write_bytes(data[:place] + bytes([data[place] ^ 16]) + data[place + 1 :])
        with pytest.raises(InputError, match=r"aclImdb_v1\.tar\.gz"):
            imdb(path)


def test_the_checksum_after_a_long_end_is_checked_too(tmp_path):
    path = write_archive(tmp_path / "aclImdb_v1.tar.gz", tar() + bytes(3_000_000))
    imdb(path)
    data = path.read_bytes()
    path.write_bytes(data[:-6] + bytes([data[-6] ^ 1]) + data[-5:])
    with pytest.raises(InputError, match="CRC"):
        imdb(path)


def test_a_broken_header_inside_does_not_pass_for_the_end(tmp_path):
    plain = bytearray(tar())
    plain[512 * 8 + 150] ^= 1
    with pytest.raises(InputError, match="damaged"):
        imdb(write_archive(tmp_path / "aclImdb_v1.tar.gz", bytes(plain)))


def test_what_is_no_archive_is_named(tmp_path):
    path = tmp_path / "aclImdb_v1.tar.gz"
    path.write_bytes(b"<html>log in first</html>")
    with pytest.raises(InputError, match=r"damaged.*gzip"):
        imdb(path)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "../../evil.txt"},
        {"name": "aclImdb/train/pos/../../../evil_9.txt"},
        {"name": "/etc/evil_9.txt"},
        {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd", "size": 0},
        {"type": tarfile.LNKTYPE, "linkname": "aclImdb/README", "size": 0},
        {"type": tarfile.CHRTYPE, "size": 0},
    ],
)
def test_a_tampered_archive_is_refused(tmp_path, change):
    def apply(member: tarfile.TarInfo) -> None:
        for key, value in change.items():
            setattr(member, key, value)

    plain = tar(change={"train/pos/0_9.txt": apply})
    with pytest.raises(InputError, match="holds a member"):
        imdb(write_archive(tmp_path / "aclImdb_v1.tar.gz", plain))
    assert not list(tmp_path.parent.rglob("evil*"))


@pytest.mark.parametrize("name", ["aclImdb/README", "aclImdb/train/pos/0_9.txt"])
def test_a_member_that_announces_a_terabyte_is_refused(tmp_path, name):
    plain = _announce(tar(), name, 1 << 40)
    with pytest.raises(InputError, match="1,099,511,627,776 bytes"):
        imdb(write_archive(tmp_path / "aclImdb_v1.tar.gz", plain))


def _announce(plain: bytes, name: str, size: int) -> bytes:
    start = plain.index(name.encode())
    member = tarfile.TarInfo(name)
    member.size = size
    return plain[:start] + member.tobuf(tarfile.GNU_FORMAT) + plain[start + 512 :]


def test_a_review_that_is_there_twice_is_refused(tmp_path):
    one = tar()
    end = one.index(b"\0" * 1024, one.index(b"aclImdb/test/neg/0_4.txt") + 512)
    start = -(-end // 512) * 512
    with pytest.raises(InputError, match="are there twice"):
        imdb(write_archive(tmp_path / "aclImdb_v1.tar.gz", one[:start] + one))
