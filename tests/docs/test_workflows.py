"""`docs/workflows.md` names every built-in workflow and every option with its default, and no other."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from workflows import Registry, Workflow

TEXT = (Path(__file__).resolve().parents[2] / "docs/workflows.md").read_text()
REGISTRY = Registry()
REGISTRY.load()


def section(name: str) -> str:
    found = re.search(rf"^## {re.escape(name)}$(.*?)^## ", TEXT, re.MULTILINE | re.DOTALL)
    assert found, f"there is no section {name}"
    return found[1]


def documented(workflow: Workflow) -> dict[str, str]:
    """The default of each option, as it is written; several may share a line."""
    options: dict[str, str] = {}
    for names, defaults in re.findall(r"^\| (`[a-z_`, ]+`) \| (.*?) ?\|", section(workflow.name), re.MULTILINE):
        listed = re.findall(r"[a-z_]+", names)
        options.update(zip(listed, defaults.split(", "), strict=True))
    return options


def written(default: Any) -> str:
    return json.dumps(default).strip('"[]')


@pytest.mark.parametrize("workflow", list(REGISTRY), ids=lambda workflow: workflow.name)
def test_every_option_is_documented_with_its_default_and_no_other(workflow: Workflow) -> None:
    fields = workflow.options_model.model_fields
    assert documented(workflow) == {name: written(field.default) for name, field in fields.items()}


def test_every_workflow_is_in_the_list_and_no_other() -> None:
    listed = re.findall(r"^\| `([a-z-]+)` \| [A-Z]", TEXT, re.MULTILINE)
    assert sorted(listed) == [workflow.name for workflow in REGISTRY]


def test_the_limits_of_a_workflow_of_ones_own_are_documented_with_their_defaults() -> None:
    (made,) = (one for one in REGISTRY if one.name == "extract-text")
    assert f"| `time_limit` | {made.time_limit:g} |" in TEXT
    assert f"| `memory_limit` | {made.memory_limit} |" in TEXT
