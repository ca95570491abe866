"""HTML pages in one style, each in one file that needs no network."""

from __future__ import annotations

import base64
import io
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2

from seqmodels.files import writing

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_page(path: Path, template: str, **values: Any) -> None:
    """Fill in a template of this package and write it, whole or not at all."""
    loader = jinja2.FunctionLoader(
        lambda name: files("seqmodels").joinpath(name).read_text(encoding="utf-8")
    )
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined
    )
    page = environment.get_template(template).render(**values)
    with writing(path) as file:
        file.write(page)


def embedded(figure: Figure) -> str:
    """Return a figure as a data address."""
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=160)
    return "data:image/png;base64," + base64.b64encode(data.getvalue()).decode()
