"""What each default is worth: the same training with and without it, on parts of the training data.

Called by `python benchmarks/quality.py --ablate`. A third of the training part is held out, or the
validation part where the dataset brings one; where a training may stop early, the same part tells
it when. The test part is not read. Writes results/ablations.json after every training, and the
tables of docs/defaults.md.
"""

import math
import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from quality_runs import asked_of
from table import Clock, kept, markdown, save

ROOT = Path(__file__).parents[1]
HELD_OUT = 1 / 3
ALSO = {"ucr": {"training.patience": 0}}  # so few validate by default that they end nothing
PAGE = """# Why these defaults

The default settings of `seqmodels train`, and the effect of each of them: the same training with
and without the default, all other settings equal. The settings beside a default switch it off with
`--set`.

No test part was used. The scores are those of a held-out third of the training part, or of the
validation part of datasets that have one, such as series. The same part ended trainings that may
stop early, with and without the default. The two trainings of a pair share data and seed. The
number after ± is the standard error of the mean over pairs: a difference below two standard errors
may be chance. Such a default is kept if it costs little and has a good reason. Made by
`python benchmarks/quality.py --ablate`. [The page of results](results.md) shows the scores with all
defaults.

{tables}
"""


class Default(NamedTuple):
    """A default, and the training without it.

    Attributes:
        what: As the page calls it.
        family: Where the page tells of it.
        rows: Names in quality.py.
        without: Settings in its place.
        why: Why it should help, with its source.
    """

    what: str
    family: str
    rows: Sequence[str]
    without: Mapping[str, Any]
    why: str


FAMILIES = {
    "texts": "Texts",
    "sequences": "Sequences of numbers",
    "ink": "Drawings",
    "sound": "Sounds",
    "forecasts": "Forecasts",
    "long forecasts": "Forecasts of many steps",
}
REVIEWS, MORE_REVIEWS, MESSAGES = "imdb/default", "imdb/unlabelled", "texts/sms_spam"
UCR = tuple(
    f"ucr/{name}"
    for name in (
        "GunPoint", "ECG200", "ItalyPowerDemand", "JapaneseVowels", "OSULeaf", "Handwriting"
    )
)  # fmt: skip
INK, SOUND = ("strokes/pendigits",), ("speech/fsdd",)
NEXT = tuple(
    f"forecasts/{name}"
    for name in (
        "delhi-temperature", "delhi-temperature, a week", "delhi-humidity",
        "delhi-humidity, a week", "melbourne-temperature", "melbourne-temperature, a week",
        "sales", "sales, 6 months",
    )
)  # fmt: skip
LONG = ("etth1/96, 192, 336 and 720 hours",)
DEFAULTS = (
    Default(
        "n-grams beside the LSTM", "texts", (REVIEWS,), {"backbone.ngrams": 0},
        "single words and pairs of words predict the class well (Wang and Manning 2012). A linear"
        " branch learns them, and the LSTM is free to learn the order of words.",
    ),
    Default(
        "word vectors", "texts", (MORE_REVIEWS,), {"backbone.word_vectors": 0},
        "any text shows which words are used alike (Levy, Goldberg and Dagan 2015), so that fifty"
        " thousand reviews without a target help as well.",
    ),
    Default(
        "word dropout", "texts", (REVIEWS, MESSAGES), {"backbone.word_dropout": 0.0},
        "training reads half of the words as unknown (Iyyer et al. 2015), so that the network "
        "does not depend on single words.",
    ),
    Default(
        "averaged weights", "texts", (REVIEWS, MESSAGES), {"training.average": 0},
        "the mean of the weights over the last steps is less noisy than the last weights (Polyak "
        "and Juditsky 1992).",
    ),
    Default(
        "maximum and mean over time", "texts", (REVIEWS, MESSAGES), {"backbone.summary": "last"},
        "the last state forgets early words; the maximum and the mean over all steps keep them.",
    ),
    Default(
        "dropout of a half", "texts", (REVIEWS, MESSAGES), {"backbone.dropout": 0.2},
        "data with few texts and many words are easily memorised.",
    ),
    Default(
        "both directions", "sequences", UCR, {"backbone.bidirectional": False},
        "the steps after a shape help to recognise it, as do the steps before it (Schuster and "
        "Paliwal 1997).",
    ),
    Default(
        "segments", "sequences", UCR,
        {"backbone.segment_length": None, "backbone.segment_stride": None,
         "backbone.max_segments": None, "backbone.segment_scales": 1, "backbone.embed": None},
        "single points of a long sequence hold little, and there are many to remember. A segment "
        "with its surroundings shows a shape, and there are at most 64 segments.",
    ),
    Default(
        "scales of a segment", "sequences", UCR, {"backbone.segment_scales": 1},
        "the shapes that separate classes are long in some data sets and short in others.",
    ),
    Default(
        "input views", "sequences", UCR, {"backbone.input_views": False},
        "level and spread help in some data sets and mislead in others. The network therefore "
        "reads each channel unchanged, standardised by its own sequence, and as differences.",
    ),
    Default(
        "random convolutions beside the LSTM", "sequences", UCR,
        {"backbone.random_convolutions": 0},
        "features that need no training help most if there are only a few dozen examples "
        "(Dempster et al. 2020).",
    ),
    Default(
        "a rate that falls", "sequences", UCR, {"training.decay": 0.0},
        "small learning rates at the end of training reduce the noise of large ones.",
    ),
    Default(
        "drawings are bent", "ink", INK, {"dataset.elastic": 0.0},
        "bent drawings resemble those of other writers (Simard et al. 2003), so that thirty "
        "writers represent more.",
    ),
    Default(
        "both directions", "ink", INK, {"backbone.bidirectional": False},
        "as for sequences of numbers.",
    ),
    Default(
        "maximum and mean over time", "ink", INK, {"backbone.summary": "last"}, "as for texts.",
    ),
    Default(
        "other voices", "sound", SOUND,
        {"dataset.tempo": 0.0, "dataset.gain": 0.0, "dataset.masks": 0.0},
        "training plays recordings faster, slower, louder, softer and with gaps (Park et al. "
        "2019), like other speakers.",
    ),
    Default(
        "maximum and mean over time", "sound", SOUND, {"backbone.summary": "last"}, "as for texts.",
    ),
    Default(
        "differences to the last value", "forecasts", NEXT, {"backbone.subtract_last": False},
        "a series drifts to levels outside the training part, while its changes stay alike (Zeng "
        "et al. 2023).",
    ),
    Default(
        "the median as answer", "forecasts", NEXT, {"head.answer": "mean"},
        "a few extreme values pull the mean away from the typical value.",
    ),
    Default(
        "starts from the last value", "forecasts", NEXT,
        {"backbone.skip": False, "backbone.subtract_last": False},
        "an untrained forecast predicts the last value, and training learns the change (Lai et "
        "al. 2018).",
    ),
    Default(
        "averaged weights", "forecasts", NEXT, {"training.average": 0.0}, "as for texts.",
    ),
    Default(
        "a linear map beside the LSTM", "long forecasts", LONG, {"backbone.linear_lags": 0},
        "a weighted sum of past values explains much of the next values (Zeng et al. 2023); the "
        "LSTM learns the rest.",
    ),
    Default(
        "channel independence", "long forecasts", LONG,
        {"backbone.channel_independent": False, "backbone.skip": True},
        "seven channels that share one set of weights give seven times as many examples (Nie et "
        "al. 2023).",
    ),
    Default(
        "segments", "long forecasts", LONG,
        {"backbone.segment_length": 24},
        "segments of two days leave seven steps to remember, segments of one day fourteen "
        "(SegRNN, Lin et al. 2023).",
    ),
)  # fmt: skip


def ablate(rows: Sequence[Any], seeds: int, data: Path, out: Path) -> None:
    """Train rows with and without each of their defaults, and write the page.

    Args:
        rows: Of quality.py.
        seeds: Trainings of each kind.
        data: The folder of data.
        out: Where results go.
    """
    path = out / "ablations.json"
    for row in rows:
        own = [one for one in DEFAULTS if row.name in one.rows]
        for default in [None, *own] if own else []:
            for seed in range(seeds):
                key = f"{row.name}|{named(default)}|{seed}"
                if key not in kept(path):
                    print(f"{key} ...", file=sys.stderr, flush=True)
                    new = tried(row, default, seed, data)
                    save(path, {**kept(path), key: new})
    (ROOT / "docs" / "defaults.md").write_text(page(kept(path)), encoding="utf-8")


def named(default: Default | None) -> str:
    """Return what a training without a default is called in the results; "" with all of them."""
    return "" if default is None else f"{default.family}: {default.what}"


def tried(row: Any, default: Default | None, seed: int, data: Path) -> dict[str, Any]:
    """Train once on what is not held out, and return the score on what is."""
    from seqmodels.training.callbacks import Callback
    from seqmodels.training.settings import resolve
    from seqmodels.tuning.objective import Objective

    without = dict(default.without) if default else {}
    plans = []
    for each in row.each or [""]:
        name, asked = asked_of(row, seed, data, each)
        also = {"training.valid": HELD_OUT, **ALSO.get(row.family, {})}
        settings = {**also, **asked.pop("settings", {}), **without}
        plans.append(resolve(name, **asked, settings=settings, seed=seed))
    with Clock() as clock:
        values = [Objective(plan)({}, Callback()).score for plan in plans]
    head = plans[0].head
    return {
        "score": head.headline,
        "higher is better": head.higher_is_better,
        "value": statistics.mean(values),
        "CPU seconds": round(clock.cpu, 1),
    }


def page(found: Mapping[str, Any]) -> str:
    """Return the page of the documentation from every training that was kept."""
    tables = []
    for family, title in FAMILIES.items():
        own = [one for one in DEFAULTS if one.family == family]
        own = [one for one in own if compared(one, found)]
        if not own:  # not run yet
            continue
        shown = [compared(one, found) for one in own]
        reasons = "\n".join(f"- **{one.what}** ({without(one)}): {one.why}" for one in own)
        run = {key.split("|")[0] for key in found if key.split("|")[1].startswith(f"{family}:")}
        data = ", ".join(f"`{name}`" for name in sorted(run))
        tables.append(f"## {title}\n\nOn {data}.\n\n{markdown(shown)}\n\n{reasons}")
    return PAGE.format(tables="\n\n".join(tables))


def without(default: Default) -> str:
    """Return the settings that leave a default out, as `--set` takes them."""
    pairs = (f"`{name}={str(value).lower()}`" for name, value in default.without.items())
    return f"off: {', '.join(pairs)}"


def compared(default: Default, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of the table: what the score loses without a default, set by set; {}: unknown.

    Pairs have the set and the seed in common; the uncertainty is the standard error of their mean.
    """
    pairs = [
        (found[key], found[f"{name}||{seed}"])
        for key in found
        for name, what, seed in [key.split("|")]
        if what == named(default) and f"{name}||{seed}" in found
    ]
    if not pairs:
        return {}
    up = pairs[0][0]["higher is better"]
    gains = [_gain(one["value"], without["value"], up) for without, one in pairs]
    spread = statistics.stdev(gains) / math.sqrt(len(gains)) if len(gains) > 1 else math.nan
    return {
        "default": default.what,
        "better by": f"{statistics.mean(gains):.2f} ± {spread:.2f}{'' if up else ' %'}",
        "of": f"{pairs[0][0]['score']} {'in hundredths' if up else ''}".strip(),
        "pairs": len(pairs),
        "better in": sum(gain > 0 for gain in gains),
        "worse in": sum(gain < 0 for gain in gains),
        "CPU time": f"{_ratio(pairs):.2f}x",
    }


def _gain(value: float, without: float, up: bool) -> float:
    """Return hundredths of a share, or of an error the per cent that it is smaller by."""
    return 100 * (value - without if up else (without - value) / without)


def _ratio(pairs: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> float:
    ratios = [one["CPU seconds"] / max(without["CPU seconds"], 0.1) for without, one in pairs]
    return statistics.median(ratios)
