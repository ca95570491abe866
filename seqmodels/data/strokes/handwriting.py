"""Digits written with a pen: UCI's pen-based digits, and MNIST as strokes."""

from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Ge

from seqmodels.core.dataset import Dataset
from seqmodels.core.errors import InputError, some
from seqmodels.core.registry import Task, register_dataset
from seqmodels.data.download import DATA_VARIABLE, locate
from seqmodels.data.presets import DRAWING_PRESET, TOGETHER
from seqmodels.data.strokes.drawings import PUBLISHERS, mnist_strokes, pendigits
from seqmodels.encoders.strokes import StrokeEncoder

FOLDERS = {"pendigits": "pendigits", "mnist-strokes": "mnist_strokes"}
FILES = {
    "pendigits": ("pendigits.tra", "pendigits.tes"),
    "mnist-strokes": ("train.npz", "test.npz"),
}


@register_dataset(
    "handwriting",
    tasks={
        "multiclass": Task("digit", "which digit was drawn"),
        "binary": Task("digit", "is it a 7?", head={"positive": "7"}),
        "regression": Task("digit", "the digit as a number"),
    },
    presets={
        "default": DRAWING_PRESET,
        "best": TOGETHER,
        "mnist-strokes": {
            "dataset.source": "mnist-strokes",
            "backbone.units": 64,
            "backbone.bidirectional": True,
            "backbone.summary": "both",
            "backbone.segment_length": 4,  # points come close together
            "backbone.segment_stride": 2,
            "backbone.embed": 64,
            "training.epochs": 24,
            "training.batch_size": 128,
            "training.learning_rate": 2e-3,
            "training.patience": 6,
            "training.average": 2.0,
        },
    },
)
def handwriting(
    path: str | Path | None = None,
    *,
    source: Literal["pendigits", "mnist-strokes"] = "pendigits",
    length: Annotated[int, Ge(1)] | None = None,
    elastic: Annotated[float, Ge(0)] = 0.02,
) -> Dataset:
    """Digits drawn with a pen: UCI pendigits, or MNIST as strokes.

    Target "digit": "0" to "9".

    The heads: multiclass names the digit; binary tells 7 from the rest (another digit:
    `positive=`); regression reads the digit as a number, so that taking a 3 for a 4 is a
    smaller mistake than taking it for a 9.

    - "pendigits" (Alpaydin & Alimoglu 1998): 7,494 training drawings by 30 writers and 3,498
      test drawings by 14 others. A drawing is 8 points (x, y), in 0..100, at equal distances
      along the pen's way; where the pen was lifted is not recorded. The files do not say who
      wrote what, so a validation part drawn from the training part shares its writers, and
      its score is a little better than the test part's.
    - "mnist-strokes" (de Jong 2016): MNIST's 60,000 training and 10,000 test images, traced
      by thinning the ink to lines, not recorded with a pen. A point is (dx, dy, pen lifted
      after it), in pixels. The two files hold the arrays `points` int8 [L, 4] = dx, dy, end
      of stroke, end of digit; `offsets` [N + 1], where each drawing begins, and the end;
      `labels` [N].

    Args:
        path: The folder with the two files (pendigits.tra and pendigits.tes, or train.npz and
            test.npz), or one with a subfolder `pendigits` or `mnist_strokes` that has them.
            None: looked for under `$SEQMODELS_DATA` and in the cache.
        source: Which of the two.
        length: Points of a drawing to read, from its start; None: all.
        elastic: How far places are moved while a model learns, so that it reads other hands; see
            `StrokeEncoder`. 0: not at all.

    Raises:
        InputError: The files are missing or not what they should be; names them.
    """
    if source not in FILES:
        raise InputError(f"Dataset 'handwriting' needs source {some(FILES)}, got {source!r}.")
    pen = source == "mnist-strokes"
    form = "offsets" if pen else "points"
    encoder = StrokeEncoder(form=form, length=length, elastic=elastic)
    read = mnist_strokes if pen else pendigits
    train, test = (read(file) for file in _files(path, source))
    return Dataset(train=train, test=test, encoder=encoder)


def _files(path: str | Path | None, source: str) -> list[Path]:
    """Return the train and the test file."""
    names, folder = FILES[source], FOLDERS[source]
    if path is None:
        found = locate(folder, names[:1]) or locate(folder, names[1:])
        places = [found.parent] if found else []
        looked = f"under ${DATA_VARIABLE} or in the cache"
        advice = f"Put them into a folder and pass path= (--data FOLDER), or set ${DATA_VARIABLE}."
    else:
        given = Path(path).expanduser()
        given = given.parent if given.is_file() else given
        places = [given / folder, given]
        looked = f"in {str(given)!r}"
        advice = f"Put them there, or into {str(given / folder)!r}."
    absent = [[name for name in names if not (place / name).is_file()] for place in places]
    for place, missing in zip(places, absent, strict=True):
        if not missing:
            return [place / name for name in names]
    raise InputError(
        f"Dataset 'handwriting' (source {source!r}) needs {' and '.join(names)}; "
        f"{some(min(absent, key=len, default=names))} not found {looked}. "
        f"{PUBLISHERS[source]}. {advice}"
    )
