"""Figures show their uncertainty; the bootstrap's interval holds what it should."""

from __future__ import annotations

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest

from coursekit import plots


def test_a_ratio_is_of_sums_and_drawn_in_pairs() -> None:
    bottom = np.random.default_rng(0).integers(1, 50, size=300)
    interval = plots.bootstrap(3 * bottom, bottom)
    assert (interval.value, interval.low, interval.high) == pytest.approx((3, 3, 3))
    assert plots.bootstrap([10, 1], [1, 1]).value == 5.5
    assert plots.bootstrap([10, 1], [10, 100]).value == pytest.approx(0.1)


def test_a_mean_s_interval_has_the_width_of_two_standard_errors_each_way() -> None:
    values = np.random.default_rng(1).normal(size=2_000)
    interval = plots.bootstrap(values, draws=2_000)
    error = values.std() / np.sqrt(len(values))
    assert interval.value == pytest.approx(values.mean())
    assert interval.high - interval.low == pytest.approx(3.92 * error, rel=0.1)


def test_bars_carry_their_intervals_and_unit() -> None:
    _, (axes,) = plots.panels(1)
    intervals = [plots.Interval(2.0, 1.5, 2.25), plots.Interval(1.0, 1.0, 1.0)]
    plots.grouped_bars(axes, ["a", "b"], [("x", intervals), ("y", intervals)], unit="tokens")
    assert axes.get_ylabel() == "tokens"
    assert [bar.get_height() for bar in axes.containers[1].patches] == [2.0, 1.0]
    whisker = axes.containers[0].lines[2][0].get_segments()[0]
    assert whisker[:, 1].tolist() == [1.5, 2.25]


def test_a_line_carries_its_intervals() -> None:
    _, (axes,) = plots.panels(1)
    intervals = [plots.Interval(2.0, 1.0, 3.0), plots.Interval(4.0, 2.0, 6.0)]
    plots.line(axes, [0, 1], intervals, "runs", number=0)
    assert axes.lines[0].get_ydata().tolist() == [2.0, 4.0]
    whisker = axes.containers[0].lines[2][0].get_segments()[1]
    assert whisker[:, 1].tolist() == [2.0, 6.0]


def test_a_table_has_a_row_for_each_row() -> None:
    assert plots.table(["a", "b"], [[1, "x"]]) == "| a | b |\n|---|---|\n| 1 | x |"
