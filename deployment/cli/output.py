"""What every command shares: its `--json` option, and how a list is shown to a person or to a script."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")

Row = dict[str, Any]
WITHOUT_LIMIT = 100_000
"""Columns of what is no terminal: there a line is a row, whatever its length."""


def show_rows(rows: Sequence[Row], as_json: bool, nothing: str) -> None:
    """A table of `rows` that share their keys, or a JSON array of them; `nothing` is said of an empty list."""
    if as_json:
        click.echo(json.dumps(rows, default=str))
    elif not rows:
        click.echo(nothing)
    else:
        Console(width=None if sys.stdout.isatty() else WITHOUT_LIMIT).print(_table(rows))


def show_row(row: Row, as_json: bool) -> None:
    """The fields of one thing, a line each, or a JSON object."""
    if as_json:
        click.echo(json.dumps(row, default=str))
        return
    width = max(map(len, row))
    for name, value in row.items():
        click.echo(f"{name.replace('_', ' '):<{width}}  {'' if value is None else value}")


def _table(rows: Sequence[Row]) -> Table:
    """Nothing is cut, and what one copies from the first column is never broken."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for number, name in enumerate(rows[0]):
        table.add_column(name.replace("_", " "), no_wrap=number == 0, overflow="fold")
    for row in rows:
        # As `Text`, since what a caller wrote may look like markup.
        table.add_row(*(Text("" if value is None else str(value)) for value in row.values()))
    return table
