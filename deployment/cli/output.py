"""What every command shares: its `--json` option, and how a list is shown to a person or to a script."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")

Row = dict[str, Any]


def show_rows(rows: Sequence[Row], as_json: bool, nothing: str) -> None:
    """A table of `rows` that share their keys, or a JSON array of them; `nothing` is said of an empty list."""
    if as_json:
        click.echo(json.dumps(rows, default=str))
    elif not rows:
        click.echo(nothing)
    else:
        table = Table(*(name.replace("_", " ") for name in rows[0]), box=None, header_style="bold")
        for row in rows:
            # As `Text`, since what a caller wrote may look like markup.
            table.add_row(*(Text("" if value is None else str(value)) for value in row.values()))
        Console(soft_wrap=True).print(table)


def show_row(row: Row, as_json: bool) -> None:
    """The fields of one thing, a line each, or a JSON object."""
    if as_json:
        click.echo(json.dumps(row, default=str))
        return
    width = max(map(len, row))
    for name, value in row.items():
        click.echo(f"{name.replace('_', ' '):<{width}}  {'' if value is None else value}")
