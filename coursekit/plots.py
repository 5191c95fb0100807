"""One figure style for the whole course: readable in greyscale, labelled, with its uncertainty.

matplotlib does not join Arabic letters, so labels are in Latin script.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Each colour has its own lightness, marker and hatch, so no meaning hangs on hue alone.
COLOURS = ("#12355b", "#d1495b", "#edae49", "#66a182", "#a9c5de", "#5c4d7d")
MARKERS = ("o", "s", "^", "D", "v", "P")
HATCHES = ("", "///", "...", "xx", "\\\\\\", "++")


@dataclass(frozen=True)
class Interval:
    """An estimate with the ends of its interval, all in the same unit."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table, for ``display(Markdown(…))``; ``str`` writes the cells."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def use_style() -> None:
    """Set the course's style for every later figure of the notebook."""
    plt.rcParams.update(
        {
            "figure.dpi": 110,
            "figure.figsize": (7.0, 3.6),
            "figure.constrained_layout.use": True,
            "font.size": 10,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "axes.titlesize": 11,
            "axes.titlelocation": "left",
            "grid.color": "#dddddd",
            "legend.frameon": False,
            "lines.linewidth": 1.8,
            "hatch.linewidth": 0.6,
        }
    )


def panels(count: int, *, width: float = 8.0, height: float = 3.6) -> tuple[Figure, list[Axes]]:
    """Return a figure and ``count`` axes side by side; sizes are in inches."""
    figure, axes = plt.subplots(1, count, figsize=(width, height), squeeze=False)
    return figure, list(axes[0])


def grouped_bars(
    axes: Axes,
    groups: Sequence[str],
    series: Sequence[tuple[str, Sequence[Interval]]],
    *,
    unit: str,
) -> None:
    """Draw bars with intervals: a cluster for each group, a colour and hatch for each series.

    ``series`` holds a label and one interval per group. ``unit`` labels the value axis.
    """
    places = np.arange(len(groups))
    width = 0.8 / len(series)
    for i, (label, intervals) in enumerate(series):
        values = np.array([interval.value for interval in intervals])
        low = values - np.array([interval.low for interval in intervals])
        high = np.array([interval.high for interval in intervals]) - values
        axes.bar(
            places + (i - (len(series) - 1) / 2) * width,
            values,
            width,
            yerr=np.clip(np.stack([low, high]), 0, None),
            capsize=2,
            error_kw={"linewidth": 1.0},
            label=label,
            color=COLOURS[i % len(COLOURS)],
            hatch=HATCHES[i % len(HATCHES)],
            edgecolor="white",
        )
    axes.set_xticks(places, groups)
    axes.grid(axis="x", visible=False)
    axes.set_ylabel(unit)


def line(
    axes: Axes,
    x: Sequence[float] | np.ndarray,
    intervals: Sequence[Interval],
    label: str,
    *,
    number: int,
) -> None:
    """Draw estimates over ``x`` as a line with whiskers; ``number`` picks colour and marker."""
    values = np.array([interval.value for interval in intervals])
    low = values - np.array([interval.low for interval in intervals])
    high = np.array([interval.high for interval in intervals]) - values
    axes.errorbar(
        x,
        values,
        yerr=np.clip(np.stack([low, high]), 0, None),
        fmt=MARKERS[number % len(MARKERS)] + "-",
        color=COLOURS[number % len(COLOURS)],
        capsize=3,
        label=label,
    )


def bootstrap(
    counts: Sequence[float] | np.ndarray,
    baseline: Sequence[float] | np.ndarray | None = None,
    *,
    seed: int = 0,
    draws: int = 1000,
    level: float = 0.95,
) -> Interval:
    """Return a percentile bootstrap interval over items.

    With ``baseline``: of the ratio of sums, ``sum(counts) / sum(baseline)``, drawing the items of
    both together (they are paired). Without it: of the mean of ``counts``.
    """
    top = np.asarray(counts, dtype=float)
    bottom = np.ones_like(top) if baseline is None else np.asarray(baseline, dtype=float)
    picks = np.random.default_rng(seed).integers(len(top), size=(draws, len(top)))
    ratios = top[picks].sum(axis=1) / bottom[picks].sum(axis=1)
    tail = (1 - level) / 2
    low, high = np.quantile(ratios, [tail, 1 - tail])
    return Interval(float(top.sum() / bottom.sum()), float(low), float(high))
