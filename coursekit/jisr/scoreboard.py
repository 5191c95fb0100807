"""The course's scoreboard: rows that lessons add, kept in one JSON file."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from coursekit.assets import cache

VARIABLE = "COURSEKIT_SCOREBOARD"


class ScoreboardError(ValueError):
    """The scoreboard's file cannot be read."""


@dataclass(frozen=True)
class Row:
    """One model on the scoreboard. ``None`` means that the figure does not apply.

    Bits per byte are means over ``seeds`` runs; a spread is the highest run minus the lowest.
    ``tokens_per_second`` is the speed of writing for one reader; a token of one tokenizer holds
    more text than another's, so compare it only under the same tokenizer.
    """

    name: str
    lesson: int
    bits_en: float
    bits_ar: float
    spread_en: float | None = None
    spread_ar: float | None = None
    seeds: int = 1
    size_mb: float | None = None
    tokens_per_second: float | None = None
    train_seconds: float | None = None
    profile: str = "cpu"


class Scoreboard:
    """The rows in one file: that given, or the one ``COURSEKIT_SCOREBOARD`` names, or the cache's.

    Raises:
        ScoreboardError: the file is there and is not a scoreboard.
    """

    def __init__(self, path: Path | None = None) -> None:
        named = os.environ.get(VARIABLE)
        self.path = path or (Path(named) if named else cache.folder() / "scoreboard.json")
        self.rows = self._read()

    def _read(self) -> tuple[Row, ...]:
        if not self.path.exists():
            return ()
        known = {field.name for field in fields(Row)}
        try:
            entries = json.loads(self.path.read_text(encoding="utf-8"))["rows"]
            return tuple(
                Row(**{key: value for key, value in entry.items() if key in known})
                for entry in entries
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ScoreboardError(
                f"{self.path} is no scoreboard ({error}); delete it and run the lessons again, "
                f"or name another file in {VARIABLE}"
            ) from error

    def put(self, lesson: int, profile: str, rows: list[Row]) -> None:
        """Replace the rows that ``lesson`` left under ``profile``, and save.

        The rows' own lesson and profile are set to these. The file is written whole or not at
        all.
        """
        others = [row for row in self._read() if (row.lesson, row.profile) != (lesson, profile)]
        fresh = [replace(row, lesson=lesson, profile=profile) for row in rows]
        self.rows = tuple(sorted([*others, *fresh], key=lambda row: (row.lesson, row.profile)))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"rows": [asdict(row) for row in self.rows]}, indent=1)
        part = self.path.with_name(f"{self.path.name}.{os.getpid()}.part")
        part.write_text(text + "\n", encoding="utf-8")
        part.replace(self.path)


def to_markdown(rows: tuple[Row, ...]) -> str:
    """Return the rows as a Markdown table, lowest English bits per byte first."""
    lines = [
        "| lesson | model | bits/byte, English | bits/byte, Arabic | MB | tokens/s | training s |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in sorted(rows, key=lambda row: row.bits_en):
        english = _with_spread(row.bits_en, row.spread_en)
        arabic = _with_spread(row.bits_ar, row.spread_ar)
        numbers = (row.size_mb, row.tokens_per_second, row.train_seconds)
        size, speed, seconds = ("" if n is None else f"{n:,.1f}" for n in numbers)
        where = f"{row.lesson}" if row.profile == "cpu" else f"{row.lesson} ({row.profile})"
        lines.append(
            f"| {where} | {row.name} | {english} | {arabic} | {size} | {speed} | {seconds} |"
        )
    return "\n".join(lines)


def _with_spread(value: float, spread: float | None) -> str:
    return f"{value:.3f}" if spread is None else f"{value:.3f} ± {spread / 2:.3f}"
