"""`flask workflows`: what can be deployed."""

from __future__ import annotations

from typing import Any

from deployment.cli.command import command
from deployment.cli.output import Row, json_option, show_rows
from deployment.parts import current_parts
from workflows import Workflow


@command("workflows")
@json_option
def workflows_command(as_json: bool) -> None:
    """List what can be deployed, with accepted media types and options."""
    rows = [_row(workflow) for workflow in current_parts().workflows]
    if not as_json:
        rows = [{**row, "accepts": "\n".join(row["accepts"]), "options": _names(row["options"])} for row in rows]
    show_rows(rows, as_json, "no workflow is loaded: see WORKFLOWS in docs/settings.md")


def _row(workflow: Workflow) -> Row:
    return {
        "name": workflow.name,
        "version": workflow.version,
        "description": workflow.description,
        "accepts": list(workflow.accepts),
        "options": workflow.options_model.model_json_schema(),
        "time_limit": workflow.time_limit,
        "memory_limit": workflow.memory_limit,
    }


def _names(schema: dict[str, Any]) -> str:
    return "\n".join(sorted(schema.get("properties", {})))
