"""HTML pages in one style, each in one file that needs no network."""

from __future__ import annotations

import base64
import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2

from seqmodels.core.files import writing
from seqmodels.core.numbers import brief, number, percent
from seqmodels.plots import charts

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Drawn:
    """A figure as a part of a page.

    Args:
        name: Caption, alternative text, and the name of the table.
        image: The drawing as a data address: an SVG file, without a background. Style `drawn` of a
            page inverts it where the page is dark.
        width: Of the drawing, in pixels of CSS.
        csv: The numbers of the figure as a data address of a table; None: there are no numbers.
    """

    name: str
    image: str
    width: int
    csv: str | None

    @property
    def file(self) -> str:
        """File name of the table."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-") + ".csv"


def write_page(path: Path, template: str, **values: Any) -> None:
    """Fill in a template of this package and write the page, whole or not at all."""
    page = filled(template, **values)
    with writing(path) as file:
        file.write(page)


def filled(template: str, **values: Any) -> str:
    """Return a template of this package filled in, such as a whole page."""
    loader = jinja2.PackageLoader("seqmodels.report")
    environment = jinja2.Environment(
        loader=loader,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"num": number, "share": percent, "limit": brief}
    return environment.get_template(template).render(**values)


def drawn(figure: Figure, name: str) -> Drawn:
    """Return a figure for a page, with its numbers as a table."""
    rows = charts.numbers(figure)
    width = round(figure.get_figwidth() * 96)
    return Drawn(name, _svg(figure), width, table(rows) if rows else None)


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as a data address of a CSV table; the names of the first row are its columns."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return _address("text/csv", text.getvalue())


def _svg(figure: Figure) -> str:
    """Return a figure as an SVG file without a background, as a data address.

    `savefig` would draw the figure twice, the first time to see how large it is.
    """
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        if not text.get_text().startswith("$\\mathdefault"):  # a "$" in a name is a "$"
            text.set_parse_math(False)
    file, dpi = io.StringIO(), figure.dpi
    backgrounds = [one.patch for one in (figure, *figure.axes) if one.patch.get_visible()]
    for one in backgrounds:
        one.set_visible(False)
    fonts = {"svg.fonttype": "none", "font.sans-serif": ["DejaVu Sans"]}  # each text names them
    with matplotlib.rc_context({**fonts, "svg.hashsalt": "seqmodels"}):  # type: ignore[arg-type]
        FigureCanvasSVG(figure).print_svg(file, metadata=dict.fromkeys(_UNSAID))
    figure.set_dpi(dpi)
    for one in backgrounds:
        one.set_visible(True)
    return _address("image/svg+xml", file.getvalue())


def _address(kind: str, text: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(text.encode()).decode()}"


_UNSAID = ("Date", "Creator", "Format", "Type")
