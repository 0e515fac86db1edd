"""What all charts share: the look, bare axes, text, and an SVG that is the same for the same input.

One unit of a chart is one CSS pixel on screen and one point in print. On screen text stays text and colours are CSS
variables with the printed colour as fallback, so that the page's own light and dark sets apply; for print text
becomes paths.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's vermilion and blue, darkened to 4.5:1 on white; colour never says anything that words do not.
INK, MUTED, RULE, PAPER = "#1c2530", "#5a6572", "#d5dbe2", "#fefefe"
WARNED, OTHER, STATUS_QUO = "#b5431b", "#1f6299", "#5a6573"
UP, DOWN = "#1f629a", "#a8701d"
_VARIABLES = {
    INK: "--ink",
    MUTED: "--muted",
    RULE: "--rule",
    PAPER: "--surface",
    WARNED: "--warned",
    OTHER: "--other",
    STATUS_QUO: "--status-quo",
    UP: "--up",
    DOWN: "--down",
}
_LOCK = threading.Lock()  # matplotlib's settings belong to the process


class Chart(NamedTuple):
    """An SVG and what it shows, in words."""

    svg: str
    alt: str


@dataclass(frozen=True)
class Look:
    """How large, and for which medium; ``prefix`` keeps the ids of charts on one page apart."""

    width: float
    height: float
    font: float
    prefix: str
    screen: bool


def bare_axes(figure: Figure, look: Look, left: float, right: float, top: float, bottom: float) -> Axes:
    """Axes with margins in units of the font size, without frame or tick marks."""
    x, y = left * look.font / look.width, bottom * look.font / look.height
    width = 1 - x - right * look.font / look.width
    axes: Axes = figure.add_axes((x, y, width, 1 - y - top * look.font / look.height))
    axes.set_facecolor("none")
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0, labelsize=look.font * 0.92, labelcolor=MUTED, pad=look.font * 0.35)
    return axes


def put_text(
    axes: Axes,
    x: float,
    y: float,
    text: str,
    look: Look,
    dx: float = 0.0,
    align: str = "left",
    weight: str = "normal",
    color: str = INK,
) -> None:
    """Write at a place in the data, ``dx`` points beside it."""
    axes.annotate(
        text,
        (x, y),
        xytext=(dx, 0),
        textcoords="offset points",
        ha=align,
        va="center",
        fontsize=look.font,
        fontweight=weight,
        color=color,
        annotation_clip=False,
        zorder=6,
    )


def percent_scale(axes: Axes, look: Look) -> None:
    """The scale of a chart of probabilities."""
    axes.set_xticks([0, 25, 50, 75, 100], ["0", "25", "50", "75", "100\u00a0%"])
    axes.set_yticks([])
    axes.grid(axis="x", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)


def plain_scale(axes: Axes, low: float, high: float, look: Look) -> None:
    """Round marks of percentages between two ends."""
    step = next((s for s in (1, 2, 5, 10, 20, 25, 50) if (high - low) / s <= 4), 50)
    first = max(0, -(-int(low) // step) * step)
    marks = [m for m in range(first, 101, step) if low <= m <= high]
    axes.set_xticks(marks, [f"{m}\u00a0%" for m in marks])
    axes.set_yticks([])
    axes.grid(axis="x", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)


@contextmanager
def _settings(look: Look) -> Iterator[None]:
    """Matplotlib's own defaults, whatever the user's machine says, with what makes the output repeatable."""
    import matplotlib

    with _LOCK, matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(
            {
                "svg.hashsalt": "iw",
                "svg.fonttype": "none" if look.screen else "path",
                "font.family": ["DejaVu Sans"],
                "axes.unicode_minus": True,
                "text.parse_math": False,  # a dollar sign in a title is a dollar sign
                "path.simplify": False,
            }
        )
        yield


def render(look: Look, draw: Callable[[Figure], None]) -> str:
    """The SVG of what ``draw`` puts on an empty figure."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with _settings(look):
        figure = Figure(figsize=(look.width / 72, look.height / 72), dpi=72)
        FigureCanvasSVG(figure)
        figure.patch.set_visible(False)
        draw(figure)
        out = StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None}, transparent=True)
    return _embeddable(out.getvalue(), look)


def standalone(svg: str) -> str:
    """A chart for print as a picture of its own: on paper, so that a dark page around it does not swallow it."""
    head, rest = svg.split(">", 1)
    return f'{head}><rect width="100%" height="100%" fill="{PAPER}"/>{rest}\n'


def _embeddable(svg: str, look: Look) -> str:
    """The bare element, fit to stand inside a page beside other charts."""
    body = svg[svg.index(">", svg.index("<svg")) + 1 :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'(?<= d=")[^"]+', lambda m: _rounded(m[0]), body)
    body = re.sub(r'(?<= [xy]=")[\d.-]+', lambda m: _rounded(m[0]), body)
    body = _own_ids(body, look.prefix)
    names = ' xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    if look.screen:
        limit = f'style="max-width: {look.width * 1.35:.0f}px"'
        names = f' class="chart" aria-hidden="true" {limit}'  # the element around it carries the text alternative
        body = re.sub(r"<style.*?</style>", "", body, flags=re.DOTALL)  # it would rule the whole page; see weekly.css
        body = _page_colours(body).replace("xlink:href", "href")
        body = re.sub(r"font-family:[^;\"]+", "font-family: inherit", body)
        body = re.sub(r"(font: (?:\w+ )*?[\d.]+px) [^;\"]+", r"\1 sans-serif", body)
    size = f'width="{look.width:g}" height="{look.height:g}" viewBox="0 0 {look.width:g} {look.height:g}"'
    return f"<svg{names} {size}>{re.sub(r'>\s+<', '><', body.strip())}"


def _rounded(path: str) -> str:
    """Coordinates to a hundredth of a pixel, which nobody can see, at half the bytes."""
    path = re.sub(r"\d+\.\d{3,}", lambda m: f"{float(m[0]):.2f}".rstrip("0").rstrip("."), path)
    return " ".join(path.split())


def _own_ids(body: str, prefix: str) -> str:
    """Keep only the ids that something refers to, under the chart's own prefix."""
    used = set(re.findall(r"(?:url\(#|href=\"#)([^)\"]+)", body))

    def renamed(match: re.Match[str]) -> str:
        return f' id="{prefix}-{match[1]}"' if match[1] in used else ""

    body = re.sub(r"\sid=\"([^\"]+)\"", renamed, body)
    return re.sub(r"(url\(#|href=\"#)", rf"\g<1>{prefix}-", body)


def _page_colours(body: str) -> str:
    names: Mapping[str, str] = _VARIABLES
    return re.sub(r"#[0-9a-f]{6}\b", lambda m: f"var({names[m[0]]}, {m[0]})" if m[0] in names else m[0], body)
