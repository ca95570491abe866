"""Parquet files (https://parquet.apache.org/docs/file-format/)."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seqmodels.core.errors import InputError
from seqmodels.data.tables.table import Chunks, Start, Table, TableFormat, named_once


def recognise(start: Start) -> Table | None:
    """Return the table in a Parquet file.

    Raises:
        InputError: It is not readable, or has no rows.
    """
    path = start.path
    if not start.head.startswith(b"PAR1"):
        return None
    with _opened(path) as file:
        names = [str(name) for name in file.schema_arrow.names]
        if not file.metadata.num_rows or not names:
            raise InputError(f"{str(path)!r} has no rows. Give a table with data.")
    return Table(path=path, format=FORMAT, columns=named_once(path, names), header=True)


def chunks(table: Table, names: list[str]) -> Chunks:
    """Yield the rows, the values as Python types."""
    first = 1
    with _opened(table.path) as file:
        for batch in file.iter_batches(batch_size=4096, columns=names):
            values = [batch.column(name).to_pylist() for name in names]
            yield list(range(first, first + batch.num_rows)), values
            first += batch.num_rows


def frames(path: Path, rows: int | None) -> Iterator[Any]:
    """Yield the table as DataFrames."""
    import pandas as pd

    if rows is None:
        yield pd.read_parquet(path)
        return
    with _opened(path) as file:
        yield from (batch.to_pandas() for batch in file.iter_batches(rows))


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a Parquet file; its errors name it."""
    try:
        import pyarrow.parquet as parquet
    except ImportError:
        raise InputError(
            f"Reading {path.name} needs pyarrow: pip install pyarrow. Or give a CSV."
        ) from None
    try:
        with parquet.ParquetFile(path) as file:
            yield file
    except InputError:
        raise
    except (ValueError, OSError, LookupError, NotImplementedError) as error:  # pyarrow's, too
        raise InputError(
            f"{str(path)!r} is not a readable Parquet file: {str(error).splitlines()[0][:200]}"
        ) from None


FORMAT = TableFormat(
    name="parquet", recognise=recognise, chunks=chunks, text=False, unit="row", frames=frames
)
