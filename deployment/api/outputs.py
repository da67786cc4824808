"""The files that workflows have handed out, as the items of a reply list them."""

from __future__ import annotations

from typing import Any

from flask import url_for

from deployment.models import Execution, ExecutionFile
from deployment.outputs import StoredOutput

OPERATION = "v1.get_output"


def listed_outputs(execution: Execution, file: ExecutionFile, outputs: list[StoredOutput]) -> list[dict[str, Any]]:
    """The files of an item, each with the path from which it can be fetched."""
    return [
        {**output, "url": url_for(OPERATION, execution_id=execution.id, file_id=file.id, number=number)}
        for number, output in enumerate(outputs, 1)
    ]
