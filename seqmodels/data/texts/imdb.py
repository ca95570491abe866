"""Fifty thousand film reviews: praise or not, and how many stars."""

from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Ge

from seqmodels.core.dataset import Dataset
from seqmodels.core.errors import InputError
from seqmodels.core.examples import Examples
from seqmodels.core.registry import Task, register_dataset
from seqmodels.data import download
from seqmodels.data.texts import aclimdb, keras_imdb
from seqmodels.encoders.text import TextEncoder

URL = "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz"
MD5 = "7c2ac02c03563afcf9b574c7e56c153a"
_TABLE = "imdb_unsup.csv.gz"
_NAMES = ["aclImdb", "aclImdb*.tar.gz", "imdb.npz"]  # the best first
# Accuracy and loss on a fifth of the training reviews, held out film by film: 0.869 and 0.319
# without n-grams, 0.892 and 0.272 with words and pairs that are all as loud, 0.901 and 0.256 with
# `layers.Ngrams` as it is. On a tenth drawn at random blanks, the rate, the average and whole
# reviews took 0.885 to 0.892.
_DEFAULT = {
    "backbone.embed": 32,
    "backbone.dropout": 0.5,
    "backbone.word_dropout": 0.5,
    "backbone.ngrams": 2,
    "training.average": 1,
    "training.epochs": 8,
    "training.patience": 2,
}
# Means of two seeds there: 0.902 and 0.258 with pairs, 0.906 and 0.253 with threes in more weights.
_BEST = {"backbone.ngrams": 3, "backbone.ngram_buckets": 1_000_000}
# On thirds held out: 0.916 with word vectors of all reviews, mean of four seeds. The same and 2.6
# times the time with labels by a first training (`training.pseudo_label_threshold` 0.9): 0.913,
# worse on three of four, so that they are left out.
_UNLABELLED = {
    **_BEST,
    "dataset.unlabelled": True,
    "backbone.embed": 128,
    "backbone.bidirectional": True,
    "backbone.word_dropout": 0.3,
    "training.learning_rate": 2e-3,
}
_TUTORIAL = {
    "head": "binary",
    "dataset.words": 5000,
    "dataset.length": 300,
    "dataset.keep": "end",
    "backbone.embed": 15,
    "backbone.units": 10,
    "backbone.layers": 1,
    "backbone.bidirectional": False,
    "backbone.dropout": 0.0,
    "backbone.summary": "last",
    "backbone.word_dropout": 0.0,
    "backbone.ngrams": 0,
    "training.learning_rate": 1e-3,
    "training.average": 0,
    "training.batch_size": 128,
    "training.epochs": 5,
    "training.valid": 0.2,
    "training.patience": 0,
    "training.clip": None,
}


def _probe(
    path: str | Path | None = None,
    *,
    words: Annotated[int, Ge(2)] = 20_000,
    length: Annotated[int, Ge(1)] | None = None,
    keep: Literal["start", "end"] = "end",
    unlabelled: bool = False,
    mirror: str | None = None,
) -> Dataset:
    """Return sixteen made-up reviews of the form that `imdb` would have; downloads nothing."""
    encoder = TextEncoder(words=words, length=length, keep=keep)
    source = _find(path)
    stars = [10, 9, 8, 7, 4, 3, 2, 1]
    verdicts = ["superb", "lovely", "good", "decent", "weak", "dull", "bad", "awful"]
    targets = {"sentiment": ["pos" if s > 5 else "neg" for s in stars], "rating": stars}
    if source is not None and source.suffix == ".npz":
        del targets["rating"]
    train = Examples([f"A {word} film, I'd say {word}." for word in verdicts], targets)
    test = Examples([f"It was {word}!" for word in verdicts], targets)
    more = ["What a film.", "I saw it twice."] if unlabelled else None
    return Dataset(train=train, test=test, encoder=encoder, unlabelled=more)


@register_dataset(
    "imdb",
    tasks={
        "binary": Task("sentiment", "whether a film review praises or pans"),
        "multiclass": Task("rating", "which of the star ratings 1-4 and 7-10 a review gave"),
        "regression": Task("rating", "how many stars, from 1 to 10, a review gave"),
    },
    presets={"default": _DEFAULT, "best": _BEST, "unlabelled": _UNLABELLED, "tutorial": _TUTORIAL},
    probe=_probe,
    search={"dataset.words": "5000,10000,20000"},
)
def imdb(
    path: str | Path | None = None,
    *,
    words: Annotated[int, Ge(2)] = 20_000,
    length: Annotated[int, Ge(1)] | None = None,
    keep: Literal["start", "end"] = "end",
    unlabelled: bool = False,
    mirror: str | None = None,
) -> Dataset:
    """Film reviews from IMDb, the Large Movie Review Dataset (Maas et al., ACL 2011).

    Binary reads `sentiment`, "neg" or "pos". Multiclass and regression read `rating`, the
    stars that came with the review, 1-4 (neg) or 7-10 (pos): there are no 5 and no 6.
    25,000 reviews train and 25,000 test, half of each kind; no film is in both.

    Rows stand in one order whatever they are read from: pos before neg, then by file name,
    sorted as text. Stanford's archive, the folder `aclImdb` unpacked from it, and Keras's
    `imdb.npz` give nearly the same words: `<br />` becomes a space in the first two, and
    the word "br" is dropped from the third. The third has no ratings, no punctuation, and in
    its test reviews no word that the training reviews do not have (1 in 90, which are steps
    of the unknown word otherwise). A sample of your own in the form of `aclImdb` will do
    too, with reviews of both kinds in both parts.

    Args:
        path: The archive `aclImdb*.tar.gz`, the unpacked folder, Keras's `imdb.npz` (with
            `imdb_word_index.json` beside it), or a folder that holds one of them, the
            unpacked folder first and the npz last. None: `$SEQMODELS_DATA`, then the cache,
            then a download from Stanford (84 MB), once.
        words: Ids in use, the most frequent words and one for all others.
        length: Words of a review to read at most. None: all.
        keep: Which end of a longer review is read.
        unlabelled: Learn also from the 50,000 reviews without a verdict that the archive has
            in `train/unsup`; where it has none, from the column `text` of a file
            `imdb_unsup.csv.gz` beside it. Some are of films of the test part; reviews that
            are in it word for word are left out.
        mirror: Address of a server that has `imdb/aclImdb_v1.tar.gz`, for the download. None:
            `$SEQMODELS_MIRROR`, else Stanford's.

    Raises:
        InputError: The data are not there, cut short, damaged or tampered with, or an
            argument is out of its range.
    """
    encoder = TextEncoder(words=words, length=length, keep=keep)
    source = _find(path) or download.fetch(
        URL, folder="imdb", name="aclImdb_v1.tar.gz", md5=MD5, mirror=mirror
    )
    more: list[str] = []
    if source.suffix == ".npz":
        train, test = keras_imdb.read_npz(source)
    elif source.is_dir():
        train, test, more = aclimdb.read_tree(source, unlabelled)
    else:
        train, test, more = aclimdb.read_archive(source, unlabelled)
    if unlabelled and not more:
        more = _beside(source)
    return Dataset(train=train, test=test, encoder=encoder, unlabelled=more or None)


def _beside(source: Path) -> list[str]:
    """Return the reviews without a verdict that lie beside a source that has none itself."""
    path = source.parent / _TABLE
    if not path.is_file():
        raise InputError(
            f"{source} has no reviews without a verdict (train/unsup), and there is no {_TABLE} "
            f"beside it. Give the archive from {URL}, or leave unlabelled out."
        )
    return aclimdb.read_table(path)


def _find(path: str | Path | None) -> Path | None:
    """Return the unpacked folder, the archive or the npz; None where it must be downloaded.

    Raises:
        InputError: There is nothing of the kind at `path`.
    """
    if path is None:
        return download.locate("imdb", _NAMES)
    path = Path(path).expanduser()
    if path.is_dir():
        if path.name == "aclImdb" or any((path / part).is_dir() for part in ("train", "test")):
            return path
        for folder in (path, path / "imdb"):
            for name in _NAMES:
                if found := sorted(folder.glob(name)):
                    return found[0]
    elif path.is_file() and path.name.endswith((".tar.gz", ".tgz", ".npz")):
        return path
    raise InputError(
        f"No film reviews at {path}{'' if path.exists() else ', which does not exist'}. Give the "
        f"archive from {URL}, the folder 'aclImdb' unpacked from it, Keras's 'imdb.npz', or a "
        f"folder that holds one of them; without a path the archive is downloaded."
    )
