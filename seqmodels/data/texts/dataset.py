"""Texts of your own, in a table or in folders, each with a class or a number."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge

from seqmodels.core.arguments import checked
from seqmodels.core.dataset import Dataset
from seqmodels.core.errors import InputError, some
from seqmodels.core.registry import Found, Task, register_dataset
from seqmodels.data.parts import Seed, Share, held_out
from seqmodels.data.tables.lines import known_encoding
from seqmodels.data.tables.tables import Table, sniff
from seqmodels.data.texts import folders
from seqmodels.data.texts.columns import Columns, decide_columns
from seqmodels.data.texts.inputs import in_folder, in_lines, in_table, one_column
from seqmodels.data.texts.rows import read_rows
from seqmodels.encoders.text import TextEncoder

# On validation parts of short messages, three seeds: log loss 0.048 without blanks, rate and
# average, 0.030 with them.
_DEFAULT = {
    "backbone.embed": 32,
    "backbone.dropout": 0.5,
    "backbone.word_dropout": 0.5,
    "training.average": 2,
}
# 0.16 hundredths more of the messages that were held out are told right (5 seeds), and as many of
# the products; n-grams, which help long reviews, helped neither.
_BEST = {"backbone.bidirectional": True, "backbone.units": 64, "backbone.embed": 64}
_SNIFFED = ("header", "delimiter", "quotes", "encoding")


def _look(path: Path, given: Mapping[str, Any]) -> Found | None:
    """Return the columns of a table of texts, or that a folder holds texts by class."""
    known = inspect.signature(texts).parameters
    options = checked(texts, {k: v for k, v in given.items() if k in known}, "dataset 'texts'")
    packed = _packed(path)
    if packed:
        raise InputError(packed)
    if path.is_dir():
        tree = folders.tree(path)
        if tree is None:
            return None
        classes = next(iter(tree.parts.values()))
        found = Found({}, "binary" if len(classes) == 2 else "multiclass")
    else:
        read = _table(path, **{key: options[key] for key in options if key in _SNIFFED})
        if read is None and one_column(path):
            raise InputError(
                f"{str(path)!r} has one column only; a text and a target are needed. Add a column "
                f"with what is to be predicted."
            )
        chosen = {key: options.get(key) for key in ("text", "target", "group_by")}
        columns = read and _columns(read, **chosen, several=options.get("several", "refuse"))
        if not read or not columns:
            return None
        decided = {"text": columns.text, "target": columns.target}
        if read.kind == "delimited":
            decided |= {
                "delimiter": read.delimiter, "quotes": read.quotes, "header": read.header
            }  # fmt: skip
        found = Found(decided, columns.head)
    checked(texts, given, "dataset 'texts'")  # what no text has, such as `window`
    return found


def _inputs(
    path: Path,
    *,
    text: tuple[str, ...] | None = None,
    target: str | int | None = None,
    group_by: str | None = None,
    header: bool | None = None,
    delimiter: str | None = None,
    quotes: str = "auto",
    encoding: str = "utf-8",
    **_of_training: Any,
) -> Any:
    """Return the texts of new data, or None for plain text; see `Source.inputs`."""
    packed = _packed(path)
    if packed:
        raise InputError(packed)
    encoding = known_encoding(encoding)
    if path.is_dir():
        return in_folder(path, encoding)
    return in_table(
        path,
        text=text,
        target=None if target is None else str(target).strip(),
        group_by=group_by,
        header=header,
        delimiter=delimiter,
        plain=quotes == "none",
        encoding=encoding,
    )


@register_dataset(
    "texts",
    tasks={
        "binary": Task(None, "which of two classes a text is of"),
        "multiclass": Task(None, "which class a text is of"),
        "regression": Task(None, "a number that goes with a text"),
    },
    presets={"default": _DEFAULT, "best": _BEST},
    look=_look,
    inputs=_inputs,
    search={"dataset.words": "5000,10000,20000"},
)
def texts(
    path: str | Path | None = None,
    *,
    text: tuple[str, ...] | None = None,
    target: str | int | None = None,
    group_by: str | None = None,
    header: bool | None = None,
    delimiter: str | None = None,
    quotes: Literal["auto", "double", "none"] = "auto",
    encoding: str = "utf-8",
    missing: Literal["refuse", "drop"] = "refuse",
    several: Literal["refuse", "drop", "first"] = "refuse",
    test: Share = 0.2,
    seed: Seed = 0,
    words: Annotated[int, Ge(2)] = 20_000,
    length: Annotated[int, Ge(1)] | None = 400,
    keep: Literal["start", "end"] = "end",
    unlabelled: str | Path | None = None,
) -> Dataset:
    """Texts of your own, each with a class or a number.

    A table, that is CSV, TSV or other delimited text, JSON lines, or Parquet, with a column of
    texts and one to predict. Or a folder with a folder of text files for each class, with or
    without parts: `CLASS/FILE`, or `train/CLASS/FILE` and `test/CLASS/FILE`. Texts without any
    word in them, which cannot be read, are left out, and their number is told.

    Args:
        path: The file or the folder.
        text: The column of the texts; several are joined in that order. None: decided from the
            content. Columns without a header are called "0", "1" and so on.
        target: The column to predict. None: decided, where only one can be meant.
        group_by: The column of the writer, say, who must not be on both sides of the split.
        header: Whether the first line names the columns. None: decided.
        delimiter: What parts the columns, one character or "tab". None: decided.
        quotes: "double": quoted fields as in RFC 4180. "none": plain characters.
        encoding: As in "latin-1". UTF-8 may have a byte order mark.
        missing: What becomes of rows whose text is empty or whose target is missing.
        several: What becomes of rows with several labels, such as "4,27": refused, left out,
            or read as the first of them.
        test: Share of the rows held out for the test; folders may bring parts of their own.
        seed: Of the split.
        words: Ids in use, the most frequent words and one for all others.
        length: Words of a text to read at most; None reads all.
        keep: Which end of a longer text is read.
        unlabelled: More texts, without a target, to learn from as well: a table with the same
            columns of texts, a folder of text files, or plain text, one a line. They lend
            word vectors (`backbone.word_vectors`) and, where a first training is sure of their
            class, are learned from as examples (`training.pseudo_label_threshold`).

    Raises:
        InputError: There are no texts at `path`, a row cannot be read, or there are several
            choices; names them.
    """
    if path is None:
        raise InputError(
            "Dataset 'texts' needs a file or a folder: give path= (on the command line --data), "
            "or `seqmodels train PATH`."
        )
    path = Path(path).expanduser()
    if not path.exists():
        raise InputError(f"There is no file or folder {str(path)!r}. Check path= (--data).")
    encoder = TextEncoder(words=words, length=length, keep=keep)
    read: tuple[str, ...] | None = None  # columns
    if path.is_dir():
        asked = [name for name, value in (("text", text), ("target", target)) if value is not None]
        if group_by is not None or asked:
            raise InputError(
                f"A folder has no columns ({some([*asked, *(['group_by'] if group_by else [])])}): "
                f"the folder of a text is its class."
            )
        found, says = folders.read_tree(path, known_encoding(encoding), missing)
        head = "binary" if len(set(found["train"].targets["class"])) == 2 else "multiclass"
    else:
        table = _table(
            path, header=header, delimiter=delimiter, quotes=quotes, encoding=encoding
        )  # fmt: skip
        columns = table and _columns(
            table, text=text, target=target, group_by=group_by, several=several
        )
        if table is None or columns is None:
            raise InputError(
                _packed(path)
                or f"{str(path)!r} holds no texts: a table needs a column of texts and one to "
                f"predict. Name them (text=, target=) or say how fields are parted (delimiter=)."
            )
        examples, says = read_rows(table, columns, group_by, missing, several)
        found, head, read = {"train": examples}, columns.head, columns.text
    if "test" not in found:
        found["train"], found["test"], how = held_out(
            found["train"], test=test, seed=seed, group_by=group_by
        )
        says[0] += f"; {how}"
    more = None
    if unlabelled is not None:
        more = _unlabelled(
            Path(unlabelled).expanduser(), text=read, header=header, delimiter=delimiter,
            quotes=quotes, encoding=encoding,
        )  # fmt: skip
        says.append(f"{len(more):,} texts without a target from {str(unlabelled)!r}")
    return Dataset(
        train=found["train"],
        valid=found.get("valid"),
        test=found["test"],
        encoder=encoder,
        group_by=group_by,
        head=head,
        notes=tuple(says),
        unlabelled=more,
    )


def _unlabelled(path: Path, *, encoding: str, **columns: Any) -> Any:
    """Return the texts of a table, a folder, or a file of plain text, one a line."""
    if not path.exists():
        raise InputError(f"There is no file or folder {str(path)!r}. Check unlabelled=.")
    found = _inputs(path, encoding=encoding, **columns)
    return in_lines(path, known_encoding(encoding)) if found is None else found


def _table(path: Path, *, quotes: str = "auto", **options: Any) -> Table | None:
    return sniff(path, quotes=None if quotes == "auto" else quotes, **options)  # type: ignore[arg-type]


def _columns(
    table: Table,
    *,
    text: str | tuple[str, ...] | None,
    target: str | int | None,
    group_by: str | None,
    several: str,
) -> Columns | None:
    """Return what `decide` does, unless rows have several labels and nobody said what of them."""
    if isinstance(text, str):  # where nobody has read it as a list
        text = tuple(part.strip() for part in text.split(","))
    named = str(target) if target is not None else None
    if named is not None and named not in table.columns:
        named = named.strip()
    found = decide_columns(table, text=text, target=named, group_by=group_by)
    if found is not None and found.several and several == "refuse":
        raise InputError(
            f"{table.path.name}: target {found.target!r} has several labels in some rows, such as "
            f"{found.several!r}, and a text gets one. Leave these rows out "
            f"(--set dataset.several=drop) or take the first label (several=first)."
        )
    return found


def _packed(path: Path) -> str | None:
    """Return what to do with an archive, or None for anything else."""
    if not path.is_file():
        return None
    try:
        with path.open("rb") as stream:
            head = stream.read(512)
    except OSError:
        return None
    if head[:3] == b"\x1f\x8b\x08" or head[257:262] == b"ustar":
        return (
            f"{str(path)!r} is a packed file. Unpack it first (`tar -xf {path.name}`, or "
            f"`gunzip -k` for a single file) and give the folder or the file."
        )
    return None
