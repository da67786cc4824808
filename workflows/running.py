"""Running a workflow on a document: what it is, whether the workflow takes it, and whether the result can be stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workflows.declaration import Workflow
from workflows.document import Document
from workflows.refusal import refusal
from workflows.result import Result, storable

TEXT = ("text/", "application/json")


def run(
    workflow: Workflow,
    path: Path,
    *,
    name: str,
    size: int,
    sha256: str,
    options: Mapping[str, Any],
    custom_data: Mapping[str, Any],
    tags: Sequence[str],
) -> Result:
    """Run the workflow on the bytes at `path`; `name` is the caller's, and only chooses between text formats.

    Raises `DocumentError` for a document that it does not take or cannot read, `InvalidOptions`, `InvalidResult`,
    and whatever the workflow itself raises.
    """
    from workflows.media_type import media_type_of  # only a process that runs workflows needs it

    parsed = workflow.parse_options(options)
    media_type = _accepted(workflow, media_type_of(path, name))
    document = Document(path, name, size, sha256, media_type, parsed, custom_data, tuple(tags))
    return storable(workflow(document, parsed), workflow.name)


def _accepted(workflow: Workflow, media_type: str) -> str:
    if workflow.takes(media_type):
        return media_type
    if media_type.startswith(TEXT) and workflow.takes("text/plain"):
        return "text/plain"  # every text format is plain text as well
    raise refusal(media_type, workflow)
