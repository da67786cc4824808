"""Labels of a run: its tags, its metadata and the names of its files as rows, by which lists find it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from deployment.models import Execution, ExecutionLabel
from deployment.models.label import FILE, METADATA, TAG, VALUE_LENGTH


def labels_of(execution: Execution) -> list[ExecutionLabel]:
    """One row each; a value that is too long, or that no index could hold, is kept with the run alone."""
    found = dict.fromkeys(_names_and_values(execution))
    own = {
        "execution_id": execution.id,
        "organization_id": execution.organization_id,
        "created_at": execution.created_at,
    }
    return [ExecutionLabel(name=name, value=value, **own) for name, value in found if _is_storable(value)]


def label_value(value: Any) -> str:
    """How a value of the metadata is looked for: a string as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def _names_and_values(execution: Execution) -> Iterator[tuple[str, str]]:
    for tag in execution.tags:
        yield TAG, tag
    for name, value in (execution.caller_metadata or {}).items():
        yield METADATA + name, label_value(value)
    for file in execution.files:
        yield FILE, file.name


def _is_storable(value: str) -> bool:
    return len(value) <= VALUE_LENGTH and "\x00" not in value and value.isprintable()
