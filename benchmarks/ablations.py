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

What `seqmodels train` does when it is asked for nothing, and what each choice is worth: the same
training with and without it, everything else left as it is. `--set` takes the settings that leave
one out, which stand beside it.

Nothing here was read off a test part. A third of the training part was held out, or the
validation part was taken where a dataset brings its own, as series do; the same part told when to
stop, where a training may stop early, with the default and without it alike. A pair has the data
and the seed in common; the number after ± is the standard error of the mean over pairs, so that a
difference of less than two of them may be chance. Such a default is kept where it costs little
and has a good reason. Made by `python benchmarks/quality.py --ablate`; how good all of it is
together stands on [the page of results](results.md).

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
        "words and pairs of words say much by themselves (Wang and Manning 2012), and a recurrent "
        "layer that has to learn each of them has less room for what their order says.",
    ),
    Default(
        "word vectors", "texts", (MORE_REVIEWS,), {"backbone.word_vectors": 0},
        "which words are used alike is told by any text (Levy, Goldberg and Dagan 2015), by fifty "
        "thousand reviews without a verdict too.",
    ),
    Default(
        "word dropout", "texts", (REVIEWS, MESSAGES), {"backbone.word_dropout": 0.0},
        "half of the words are read as unknown in training (Iyyer et al. 2015), so that no single "
        "one is relied on.",
    ),
    Default(
        "averaged weights", "texts", (REVIEWS, MESSAGES), {"training.average": 0},
        "the mean of the weights over the last steps lies nearer to the middle of where training "
        "wanders (Polyak and Juditsky 1992).",
    ),
    Default(
        "maximum and mean over time", "texts", (REVIEWS, MESSAGES), {"backbone.summary": "last"},
        "what was read early need not be carried to the end; the last state alone forgets it.",
    ),
    Default(
        "dropout of a half", "texts", (REVIEWS, MESSAGES), {"backbone.dropout": 0.2},
        "few texts and many words: what is learned by heart is of no use.",
    ),
    Default(
        "both directions", "sequences", UCR, {"backbone.bidirectional": False},
        "a shape is known by what comes after it, too (Schuster and Paliwal 1997).",
    ),
    Default(
        "segments", "sequences", UCR,
        {"backbone.segment_length": None, "backbone.segment_stride": None,
         "backbone.max_segments": None, "backbone.segment_scales": 1, "backbone.embed": None},
        "read point by point, a long sequence is long to remember and each step says little; 64 "
        "segments, each with what lies around it, have shapes.",
    ),
    Default(
        "scales of a segment", "sequences", UCR, {"backbone.segment_scales": 1},
        "shapes that tell classes apart are long in one set and short in another.",
    ),
    Default(
        "input views", "sequences", UCR, {"backbone.input_views": False},
        "level and spread matter in some sets and mislead in others, so that channels are read as "
        "they are, standardised by their own sequence, and as changes.",
    ),
    Default(
        "random convolutions beside the LSTM", "sequences", UCR,
        {"backbone.random_convolutions": 0},
        "where a few dozen examples are all there is, features that need not be learned are worth "
        "most (Dempster et al. 2020).",
    ),
    Default(
        "a rate that falls", "sequences", UCR, {"training.decay": 0.0},
        "small steps at the end settle what large ones found.",
    ),
    Default(
        "drawings are bent", "ink", INK, {"dataset.elastic": 0.0},
        "other hands draw a little differently (Simard et al. 2003): what is seen of thirty "
        "writers stands for more.",
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
        "recordings are played quicker, slower, louder, softer and with gaps in training "
        "(Park et al. 2019), as other speakers would say the same.",
    ),
    Default(
        "maximum and mean over time", "sound", SOUND, {"backbone.summary": "last"}, "as for texts.",
    ),
    Default(
        "differences to the last value", "forecasts", NEXT, {"backbone.subtract_last": False},
        "a series drifts to levels that training has not seen; how it moves stays "
        "(Zeng et al. 2023).",
    ),
    Default(
        "the median as answer", "forecasts", NEXT, {"head.answer": "mean"},
        "a few far misses pull the mean away from what mostly happens.",
    ),
    Default(
        "starts from the last value", "forecasts", NEXT,
        {"backbone.skip": False, "backbone.subtract_last": False},
        "an untrained forecast says \"as it is now\", and training can only add to that "
        "(Lai et al. 2018).",
    ),
    Default(
        "averaged weights", "forecasts", NEXT, {"training.average": 0.0}, "as for texts.",
    ),
    Default(
        "a linear map beside the LSTM", "long forecasts", LONG, {"backbone.linear_lags": 0},
        "much of what comes next is a weighted sum of what was (Zeng et al. 2023); the LSTM is "
        "left with the rest.",
    ),
    Default(
        "channel independence", "long forecasts", LONG,
        {"backbone.channel_independent": False, "backbone.skip": True},
        "seven channels with one set of weights are seven times the examples (Nie et al. 2023).",
    ),
    Default(
        "segments", "long forecasts", LONG,
        {"backbone.segment_length": 24},
        "two days at once and seven steps to remember, against one day and fourteen "
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
