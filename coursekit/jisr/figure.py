"""The scoreboard as a figure."""

from __future__ import annotations

from matplotlib.figure import Figure

from coursekit import plots
from coursekit.jisr.scoreboard import Row


def draw_scoreboard(rows: tuple[Row, ...]) -> Figure:
    """Draw each row's bits per byte, English and Arabic, with the spread of its seeds.

    Lower is better; the best English row is on top.
    """
    ordered = sorted(rows, key=lambda row: -row.bits_en)
    figure, (axes,) = plots.panels(1, height=1.3 + 0.42 * len(ordered))
    places = range(len(ordered))
    arms = (
        ("English", [(row.bits_en, row.spread_en) for row in ordered]),
        ("Arabic", [(row.bits_ar, row.spread_ar) for row in ordered]),
    )
    for number, (language, values) in enumerate(arms):
        axes.errorbar(
            [bits for bits, _ in values],
            places,
            xerr=[(spread or 0.0) / 2 for _, spread in values],
            fmt=plots.MARKERS[number],
            color=plots.COLOURS[number],
            capsize=3,
            markersize=6,
            label=language,
        )
    axes.set_yticks(places, [f"{row.name} (lesson {row.lesson})" for row in ordered])
    axes.set_ylim(-0.6, len(ordered) - 0.4)
    axes.set_xlim(left=0)
    axes.set_xlabel("bits per byte of the held-out file (lower is better)")
    axes.legend(loc="best")
    return figure
