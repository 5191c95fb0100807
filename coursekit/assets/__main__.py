"""``python -m coursekit.assets``: list the assets, or fetch them."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from coursekit.assets import cache
from coursekit.assets.catalogue import Rights
from coursekit.assets.entries import CATALOGUE
from coursekit.assets.errors import AssetError
from coursekit.assets.obtain import Status, fetch, status

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)
_errors = Console(stderr=True)


@app.command("list")
def list_assets(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list, for programs.")] = False,
) -> None:
    """Show every asset, whether it is in the cache, and how to get it. Fetches nothing."""
    rows = status()
    if as_json:
        print(json.dumps([dataclasses.asdict(row) for row in rows], indent=1))
        return
    Console().print(_table(rows))
    print(f"cache: {cache.folder()}")


@app.command("fetch")
def fetch_assets(
    names: Annotated[list[str] | None, typer.Argument(help="Names from 'list'.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Fetch every asset.")] = False,
) -> None:
    """Fetch assets into the cache. Those already there take no time.

    Exit status 0: all are there; 1: one could not be had, with what to do; 2: bad call.
    """
    wanted = [asset.name for asset in CATALOGUE] if everything else list(names or [])
    if not wanted:
        _errors.print("name the assets to fetch, or give --all")
        raise typer.Exit(2)
    failed = 0
    for name in wanted:
        try:
            print(f"{name}: {fetch(name)}")
        except AssetError as error:
            failed += 1
            _errors.print(f"[red]{name}[/red]: {error}", soft_wrap=True)
    raise typer.Exit(1 if failed else 0)


def _table(rows: tuple[Status, ...]) -> Table:
    table = Table(Column("name", no_wrap=True), "present", "MB", "licence", "to get it")
    for row in rows:
        note = "" if row.rights is Rights.OPEN else f" ({row.rights.value})"
        table.add_row(
            row.name,
            "yes" if row.present else "no",
            f"{row.size / 1e6:.1f}",
            f"{row.licence}{note}",
            row.remedy,
        )
    return table


if __name__ == "__main__":
    app()
