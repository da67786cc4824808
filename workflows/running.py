"""Running a workflow on a document: whether it is taken, may be tried again, and gives back what can be stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workflows.declaration import Workflow
from workflows.document import Document
from workflows.errors import DocumentError, Retry
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
    folder: Path,
) -> Result:
    """Run the workflow on the bytes at `path`; `name` is the caller's, and only chooses between text formats.

    `folder` is where it may write the files that it hands out.

    Raises `DocumentError` for a document that it does not take or cannot read, `InvalidOptions`, `InvalidResult`,
    and whatever the workflow itself raises; what is of its `retry_on` becomes the cause of a `Retry`.
    """
    from workflows.media_type import media_type_of  # only a process that runs workflows needs it

    parsed = workflow.parse_options(options)
    media_type = _accepted(workflow, media_type_of(path, name))
    document = Document(path, name, size, sha256, media_type, parsed, custom_data, tuple(tags), folder)
    return storable(_called(workflow, document), workflow.name)


def _called(workflow: Workflow, document: Document) -> Result:
    """A document that is refused stays refused, whatever the workflow has declared."""
    try:
        return workflow(document, document.options)
    except (DocumentError, Retry):
        raise
    except workflow.retry_on as error:
        raise Retry from error


def _accepted(workflow: Workflow, media_type: str) -> str:
    if workflow.takes(media_type):
        return media_type
    if media_type.startswith(TEXT) and workflow.takes("text/plain"):
        return "text/plain"  # every text format is plain text as well
    raise refusal(media_type, workflow)
