"""Write small saved models of every layer and option of format 2 to tests/golden/format-2-layers.

    python tests/golden/make_layers.py

The folder was made by the code of commit 598d45e, the last one before the redesign of the network.
Check out that commit to see how the answers came about; a folder that exists is never made again.
Two runs of this script on one machine write the same bytes.

Every model has inputs of very different lengths, from one step to sixty, and all of them are
answered in one padded batch. Some models have `explained.json` too: what each step of one input
contributed to a weighted sum of the outputs.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from make import answers

import seqmodels as sm
from seqmodels.encoders import SeriesEncoder, SpeechEncoder, StrokeEncoder, TextEncoder
from seqmodels.model.explain import Explainer

TARGET = Path(__file__).parent / "format-2-layers"
WORDS = ["a", "good", "bad", "film", "plot", "and", "or", "nothing", "else", "but", "acting"]
WORDS += ["fine", "dull", "never", "again"]
LENGTHS = (1, 2, 7, 60, 3, 18)  # steps of the inputs


def texts() -> list[Any]:
    rng = np.random.default_rng(1)
    known = [" ".join(rng.choice(WORDS, length).tolist()) for length in LENGTHS]
    return [*known, "unknown wörds, and one good film"]


def windows(channels: int) -> list[Any]:
    """Return random walks of `channels` channels, all above 0."""
    rng = np.random.default_rng(2)
    steps = [rng.normal(0, 1, (length, channels)).cumsum(axis=0) for length in LENGTHS]
    return [np.exp(walk / 4 + 1).round(2).tolist() for walk in steps]


def drawings(pen: bool) -> list[Any]:
    rng = np.random.default_rng(3)
    points = [rng.integers(0, 30, (length, 2)) for length in LENGTHS]
    lifted = [rng.random((length, 1)) < 0.3 for length in LENGTHS]
    rows = zip(points, lifted, strict=True)
    return [(np.hstack([p, up]) if pen else p).astype(int).tolist() for p, up in rows]


def sounds() -> list[Any]:
    rng = np.random.default_rng(4)
    loud = [rng.normal(0, 0.1, n) * rng.random(n) ** 2 for n in (15, 40, 320, 90)]
    return [[samples.round(3).tolist(), 400] for samples in loud]


def target(columns: int) -> Any:
    return np.random.default_rng(5).gamma(2, 10, (40, columns)).round(2)


GIVEN: dict[str, list[Any]] = {
    "text": texts(),
    "one": windows(1),
    "two": windows(2),
    "three": windows(3),
    "pen": drawings(True),
    "no_pen": drawings(False),
    "sound": sounds(),
}

# What the encoder is, and the inputs that it is fitted to and that are answered.
ENCODERS: dict[str, tuple[Any, str]] = {
    "text": (TextEncoder(words=14), "text"),
    "text_start": (TextEncoder(words=8, length=5, keep="start"), "text"),
    "text_whole": (TextEncoder(length=None), "text"),
    "series": (SeriesEncoder(), "two"),
    "series_one": (SeriesEncoder(scaling="log", length=20), "one"),
    "series_named": (SeriesEncoder(columns=("price", "load"), time=("day",)), "two"),
    "forecast": (SeriesEncoder(continues=(1, 0)), "two"),
    "forecast_one": (SeriesEncoder(continues=(0,)), "one"),
    "forecast_log": (SeriesEncoder(continues=(1, 0), scaling="log"), "two"),
    "forecast_long": (SeriesEncoder(continues=(2, 2, 0, 0)), "three"),  # channel 1 only read
    "forecast_long_log": (SeriesEncoder(continues=(0, 0, 1, 1), scaling="log"), "two"),
    "strokes": (StrokeEncoder(elastic=0.02), "pen"),
    "strokes_offsets": (StrokeEncoder(form="offsets", length=40), "no_pen"),
    "speech": (SpeechEncoder(rate=400, window=0.05, hop=0.025, bands=3), "sound"),
    "speech_cut": (
        SpeechEncoder(
            rate=300, window=0.06, hop=0.03, bands=4, lowest=5.0, highest=140.0, floor=-80.0,
            trim=30.0, length=9, tempo=0.1, gain=3.0, masks=0.2,
        ),
        "sound",
    ),
}  # fmt: skip

TABLE: Any = pd.DataFrame(target(4), columns=["now", "next", "third", "last"])
HEADS: dict[str, sm.Head] = {
    "binary": sm.Binary().fit(["no", "yes", "no"]),
    "binary_strict": sm.Binary(positive=("b", "c"), threshold=0.8).fit(["a", "b", "c", "a"]),
    "classes": sm.Multiclass().fit(["cat", "dog", "emu", "dog", "fox"]),
    "bins": sm.Multiclass(bins=4).fit(target(1)[:, 0]),
    "ranks": sm.Multiclass(bins=3, scale="rank").fit(target(1)[:, 0]),
    "number": sm.Regression().fit(target(1)[:, 0]),
    "number_log": sm.Regression(scaling="log").fit(TABLE["now"]),
    "median_2": sm.Regression(answer="median").fit(target(2)),
    "numbers_2": sm.Regression().fit(TABLE[["now", "next"]]),
    "numbers_2_log": sm.Regression(scaling="log").fit(target(2)),
    "numbers_4": sm.Regression().fit(TABLE),
    "numbers_4_log": sm.Regression(answer="median", scaling="log").fit(TABLE),
}

SEGMENT: dict[str, Any] = {"segment_length": 4, "embed": 3}
LAST: dict[str, Any] = {"subtract_last": True}
APART: dict[str, Any] = {"channel_independent": True, "subtract_last": True}
TWO_WAYS: dict[str, Any] = {"bidirectional": True, "layers": 2}

# Encoder, head, and what of the backbone is not as in SMALL.
SMALL: dict[str, Any] = {"units": 3}
WORDY: dict[str, Any] = {"units": 3, "embed": 4}
Case = tuple[str, str, dict[str, Any]]
MODELS: dict[str, Case] = {
    # Tokens.
    "text_plain": ("text_whole", "classes", {"embed": None, "units": 2}),
    "text_last": ("text_start", "binary_strict", {"summary": "last", "chrono_init": 20}),
    "text_max_two_ways": ("text", "number_log", {**TWO_WAYS, "summary": "max"}),
    "text_last_two_ways": ("text", "bins", {**TWO_WAYS, "summary": "last", "chrono_init": 5}),
    "text_words": ("text", "number", {"ngrams": 1, "ngram_buckets": 9}),
    "text_pairs": ("text", "binary", {"ngrams": 2, "ngram_buckets": 20}),
    "text_triples": (
        "text_whole",
        "classes",
        {"ngrams": 3, "ngram_buckets": 17, "bidirectional": True},
    ),
    "text_fives": (
        "text_start",
        "numbers_2",
        {"ngrams": 5, "ngram_buckets": 19, "summary": "mean"},
    ),
    "text_vectors": ("text", "ranks", {"word_vectors": 3, "word_dropout": 0.3}),
    "text_all": (
        "text",
        "numbers_2_log",
        {
            **TWO_WAYS,
            "ngrams": 3,
            "ngram_buckets": 20,
            "word_vectors": 2,
            "word_dropout": 0.1,
            "chrono_init": 30,
        },
    ),
    # Numbers: the LSTM and what of it is kept.
    "series_last": ("series", "binary", {"summary": "last", "dropout": 0.0}),
    "series_max": ("series", "median_2", {"summary": "max", "chrono_init": 9}),
    "series_mean_two_ways": ("series_named", "classes", {**TWO_WAYS, "summary": "mean"}),
    "series_both_two_ways": ("series_one", "ranks", {**TWO_WAYS, "chrono_init": 12}),
    "series_embed": ("series", "number", {"embed": 4}),
    "series_embed_two_layers": ("series", "bins", {"embed": 2, "layers": 2, "summary": "last"}),
    # The last step, differences to it, linear lags.
    "series_skip": ("forecast", "numbers_2", {"skip": True}),
    "series_skip_bins": ("forecast_one", "bins", {"skip": True, **TWO_WAYS}),
    "series_skip_log": ("forecast_log", "numbers_2_log", {"skip": True, "summary": "last"}),
    "series_from_last": ("series", "numbers_2", LAST),
    "series_from_last_skip": ("forecast", "median_2", {**LAST, "skip": True}),
    "series_from_last_embed": ("series_one", "binary_strict", {**LAST, "embed": 3, **TWO_WAYS}),
    "series_linear": ("series", "classes", {"linear_lags": 5}),
    "series_linear_from_last_skip": (
        "forecast_one",
        "number",
        {**LAST, "skip": True, "linear_lags": 24, "bidirectional": True},
    ),
    # Segments.
    "series_segment": ("series", "numbers_2", SEGMENT),
    "series_segment_plain": ("series_one", "classes", {"segment_length": 7, **TWO_WAYS}),
    "series_segment_hop": ("series", "binary", {**SEGMENT, "segment_stride": 2}),
    "series_segment_most": ("series", "number", {**SEGMENT, "max_segments": 3, "summary": "last"}),
    "series_segment_scales": ("series", "ranks", {**SEGMENT, "segment_scales": 3}),
    "series_segment_hop_scales": (
        "series_one",
        "bins",
        {"segment_length": 5, "segment_stride": 1, "segment_scales": 2},
    ),
    "series_segment_all": (
        "series",
        "numbers_2",
        {**SEGMENT, "segment_stride": 3, "max_segments": 5, "segment_scales": 4, **TWO_WAYS},
    ),
    "series_segment_from_last": (
        "forecast",
        "numbers_2",
        {**SEGMENT, **LAST, "skip": True, "linear_lags": 4, "segment_stride": 3},
    ),
    # Each channel by itself.
    "apart": ("forecast_long", "numbers_4", APART),
    "apart_absolute": ("forecast", "numbers_2", {"channel_independent": True, **TWO_WAYS}),
    "apart_skip_log": ("forecast_long_log", "numbers_4_log", {**APART, "skip": True}),
    "apart_linear": ("forecast_long", "numbers_4", {**APART, "linear_lags": 6, "summary": "last"}),
    "apart_segment": ("forecast_long", "numbers_4", {**APART, **SEGMENT, "linear_lags": 3}),
    "apart_segment_all": (
        "forecast_long_log",
        "numbers_4_log",
        {
            **APART,
            **SEGMENT,
            "segment_stride": 2,
            "max_segments": 4,
            "segment_scales": 2,
            "bidirectional": True,
        },
    ),
    "apart_members": ("forecast", "median_2", {**APART, "linear_lags": 3, "ensemble_size": 2}),
    # Views.
    "views": ("series", "classes", {"input_views": True}),
    "views_embed_two_ways": (
        "series_one",
        "number_log",
        {"input_views": True, "embed": 4, **TWO_WAYS},
    ),
    "views_skip": ("forecast", "numbers_2", {"input_views": True, "skip": True, **LAST}),
    "views_linear_segment": ("series", "bins", {"input_views": True, "linear_lags": 4, **SEGMENT}),
    # Random convolutions.
    "kernels": ("series", "classes", {"random_convolutions": 6}),
    "kernels_more": ("series_one", "numbers_2", {"random_convolutions": 13, "bidirectional": True}),
    "kernels_views": ("series", "binary", {"random_convolutions": 18, "input_views": True}),
    "kernels_segment": (
        "series",
        "number",
        {"random_convolutions": 6, **SEGMENT, "max_segments": 4},
    ),
    "kernels_from_last_linear": (
        "series",
        "ranks",
        {"random_convolutions": 6, **LAST, "linear_lags": 5},
    ),
    # Members.
    "members": ("series", "number", {"ensemble_size": 2, "summary": "max"}),
    "members_three_two_ways": (
        "series_one",
        "classes",
        {"ensemble_size": 3, **TWO_WAYS, "units": 2},
    ),
    "members_skip": (
        "forecast",
        "numbers_2",
        {"ensemble_size": 2, "skip": True, **LAST, "linear_lags": 3},
    ),
    "members_segment": (
        "series",
        "bins",
        {"ensemble_size": 2, **SEGMENT, "segment_scales": 2, "segment_stride": 2},
    ),
    "members_kernels": ("series", "numbers_2", {"ensemble_size": 2, "random_convolutions": 6}),
    "members_kernels_views": (
        "series",
        "classes",
        {
            "ensemble_size": 3,
            "random_convolutions": 18,
            "input_views": True,
            "embed": 3,
            "units": 2,
        },
    ),
    # Drawings and recordings.
    "strokes_two_ways": ("strokes", "classes", {**TWO_WAYS, "chrono_init": 40, "embed": 3}),
    "strokes_offsets_segment": ("strokes_offsets", "binary", {**SEGMENT, "segment_stride": 2}),
    "strokes_kernels_views": (
        "strokes",
        "number",
        {"random_convolutions": 18, "input_views": True},
    ),
    "strokes_members": (
        "strokes_offsets",
        "classes",
        {"ensemble_size": 2, "random_convolutions": 6, "layers": 2},
    ),
    "speech_mean": ("speech", "binary_strict", {"summary": "mean", "linear_lags": 3}),
    "speech_segment": ("speech_cut", "classes", {**SEGMENT, "segment_scales": 2, **TWO_WAYS}),
    "speech_kernels": (
        "speech_cut",
        "ranks",
        {"random_convolutions": 6, "ensemble_size": 2, "input_views": True},
    ),
}

EXPLAINED = {  # the row of the inputs that is explained
    "text_pairs": 2,
    "text_all": 5,
    "series_segment_all": 3,
    "apart_linear": 5,
    "members_segment": 5,
    "series_linear_from_last_skip": 2,
}


def model(case: Case) -> tuple[sm.SequenceModel, list[Any]]:
    """Return an untrained model, and the inputs that it answers."""
    given, head, sizes = case
    encoder, inputs = ENCODERS[given]
    rows = GIVEN[inputs]
    small = WORDY if inputs == "text" else SMALL
    backbone = sm.Backbone(**{**small, **sizes})
    fitted = encoder.fit(rows)
    return sm.SequenceModel(fitted, backbone, HEADS[head], seed=3), rows  # load draws by seed 0


def draw(made: sm.SequenceModel, rng: np.random.Generator) -> None:
    """Give the weights values that training could have led to."""
    for weight in made.network.weights:
        *_, layer, name = weight.path.split("/")
        if layer.endswith("kernels"):
            values = {
                "rows": np.array(40.0),
                "mean": rng.uniform(0, 1, weight.shape),
                "spread": rng.uniform(0.05, 1, weight.shape),
                "told": rng.normal(0, 0.1, weight.shape),
            }.get(name)  # its taps and its bias are never trained
        elif layer.endswith("ngrams"):
            scale = name == "scale"
            values = rng.uniform(0, 1, weight.shape) if scale else rng.normal(0, 0.05, weight.shape)
        elif layer.endswith("level"):
            values = None  # it is never trained: it is the last step in the units of the head
        else:
            values = rng.normal(0, 0.8, weight.shape)
        if values is not None:
            weight.assign(values)


def explained(made: sm.SequenceModel, inputs: list[Any], row: int) -> dict[str, Any]:
    """Return what each step of one input contributed to a weighted sum of the outputs."""
    sequence = made.encoder.encode(inputs)
    unit = np.linspace(1, -0.5, made.head.units)
    found = Explainer(made).explain(np.asarray(sequence[row]), unit)
    return {
        "row": row,
        "unit": unit.tolist(),
        "parts": found.parts.tolist(),
        "output": float(found.output),
        "baseline": float(found.baseline),
    }


def write(folder: Path) -> None:
    """Write each model, its inputs and its answers to a folder of its own."""
    for number, (name, case) in enumerate(MODELS.items()):
        made, inputs = model(case)
        draw(made, np.random.default_rng([6, number]))
        place = folder / name
        made.save(place / "model")
        files = {"inputs": inputs, "answers": answers(made, inputs)}
        if name in EXPLAINED:
            files["explained"] = explained(made, inputs, EXPLAINED[name])
        for file, value in files.items():
            text = json.dumps(value, ensure_ascii=False) + "\n"
            (place / f"{file}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if TARGET.exists():
        raise SystemExit(f"{TARGET} exists; saved models are never made again.")
    write(TARGET)
