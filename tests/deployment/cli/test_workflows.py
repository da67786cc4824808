"""`flask workflows`: what can be deployed."""

from __future__ import annotations

from tests.deployment.cli.commands import Commands


def test_it_lists_accepted_types_and_options(commands: Commands) -> None:
    told = {row["name"]: row for row in commands.ask("workflows")}["extract-text"]
    assert {"text/plain", "application/pdf"} <= set(told["accepts"])
    assert told["options"]["properties"]
    text = commands("workflows").stdout
    assert all(part in text for part in ("extract-text", "application/pdf", *told["options"]["properties"]))
