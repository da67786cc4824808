"""`flask workflows`: what can be deployed."""

from __future__ import annotations

import pytest

from tests.deployment.cli.commands import Commands


@pytest.mark.parametrize("name", ["extract-text", "extract-tables", "document-info", "split-pages"])
def test_it_lists_accepted_types_and_options(commands: Commands, name: str) -> None:
    told = {row["name"]: row for row in commands.ask("workflows")}[name]
    assert "application/pdf" in told["accepts"]
    assert (told["time_limit"] > 0, told["memory_limit"]) == (True, 1024)
    assert told["options"]["properties"]
    text = commands("workflows").stdout
    assert all(part in text for part in (name, "application/pdf", *told["options"]["properties"]))
