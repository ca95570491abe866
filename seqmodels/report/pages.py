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
from markupsafe import Markup

from seqmodels.core.files import writing
from seqmodels.core.numbers import brief, number, percent
from seqmodels.plots import charts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# The colours of figures, as those of the page, so that a dark page has dark figures.
TONES = {
    charts.INK: "--ink", charts.GREY: "--grey", charts.BLUE: "--mark", charts.ORANGE: "--other",
    charts.GREEN: "--third", charts.PAPER: "--paper", "#000000": "--ink",
}  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """A figure as a part of a page.

    Args:
        name: What the figure shows, for its caption and the name of its table.
        svg: The drawing.
        says: A sentence below it, or nothing.
        csv: Address of its numbers as a table; None: it has none.
    """

    name: str
    svg: Markup
    says: str
    csv: str | None

    @property
    def file(self) -> str:
        """The name that the table is saved under."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-") + ".csv"


def write_page(path: Path, template: str, **values: Any) -> None:
    """Fill in a template of this package and write it, whole or not at all."""
    page = filled(template, **values)
    with writing(path) as file:
        file.write(page)


def filled(template: str, **values: Any) -> str:
    """Return a template of this package, or a piece of one, filled in."""
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


def drawn(figure: Figure, name: str, says: str = "") -> Drawn:
    """Return a figure as SVG in the colours of the page, with its numbers as a table."""
    rows = charts.numbers(figure)
    return Drawn(name, _svg(figure, name), says, table(rows) if rows else None)


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows of the same names as a data address of a CSV table."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return "data:text/csv;base64," + base64.b64encode(text.getvalue().encode()).decode()


def _svg(figure: Figure, name: str) -> Markup:
    """Return a figure as an element that has no style, no name and no address of its own."""
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        if not text.get_text().startswith("$\\mathdefault"):  # a "$" in a name is a "$"
            text.set_parse_math(False)
    svg = _written(figure, name)
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", svg, flags=re.S)
    svg = re.sub(r' (xmlns(:\w+)?|version)="[^"]*"', "", svg)
    svg = svg.replace("xlink:href", "href")
    used = set(re.findall(r"#([\w-]+)[\")]", svg))
    slug = re.sub(r"\W+", "-", name.lower())
    svg = re.sub(r' id="([^"]*)"', lambda m: f' id="{slug}-{m[1]}"' if m[1] in used else "", svg)
    svg = re.sub(r'(href="#|url\(#)', rf"\g<1>{slug}-", svg)
    svg = re.sub(r"font: [^;\"]*?([\d.]+px)[^;\"]*", r"font-size: \1", svg)
    svg = re.sub(r"font-family: [^;\"]*;? ?", "", svg)  # that of the page
    svg = re.sub(r"<[^>]*>", lambda tag: re.sub(r"(\d+\.\d\d)\d+", r"\1", tag[0]), svg)
    svg = re.sub(r"\s*\n\s*", " ", svg)
    svg = re.sub(r"<g[^>]*>(?: <use [^>]*/>){3,} </g>", _shared, svg)
    for tone, variable in TONES.items():
        svg = re.sub(rf"((?:fill|stroke): ){tone}", rf"\1var({variable})", svg)
    opening, _, rest = svg.partition(">")
    width = round(figure.get_figwidth() * 96)
    box = re.search(r'viewBox="[^"]*"', opening)
    label = Markup.escape(name)
    start = (
        f'<svg role="img" aria-label="{label}" {box[0] if box else ""} style="width: {width}px">'
    )
    return Markup(start + rest)


def _written(figure: Figure, name: str) -> str:
    """Return a figure as SVG without a background.

    `savefig` would draw the figure twice, the first time to see how large it is.
    """
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    file, dpi = io.StringIO(), figure.dpi
    backgrounds = [one.patch for one in (figure, *figure.axes) if one.patch.get_visible()]
    for one in backgrounds:
        one.set_visible(False)
    settings = {"svg.fonttype": "none", "svg.hashsalt": name}
    with matplotlib.rc_context(settings):  # type: ignore[arg-type]
        FigureCanvasSVG(figure).print_svg(file, metadata=dict.fromkeys(_UNSAID))
    figure.set_dpi(dpi)
    for one in backgrounds:
        one.set_visible(True)
    return file.getvalue()


def _shared(group: re.Match[str]) -> str:
    """Return a group of many marks with the style that they share said once."""
    styles = set(re.findall(r' style="[^"]*"', group[0]))
    if len(styles) != 1:
        return group[0]
    (style,) = styles
    short = re.sub(r'(\d\.\d)\d+"', r'\1"', group[0].replace(style, ""))
    return short.replace("<g", f"<g{style}", 1)


_UNSAID = ("Date", "Creator", "Format", "Type")
