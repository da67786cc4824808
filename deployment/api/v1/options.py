"""Options of a workflow that a request gives, over those of its deployment."""

from __future__ import annotations

from typing import Any

from deployment.api.errors import FieldError
from deployment.models import Deployment
from deployment.parts import Parts
from workflows import InvalidOptions


def parsed_options(
    parts: Parts, deployment: Deployment, given: dict[str, Any], errors: list[FieldError]
) -> dict[str, Any] | None:
    """All options of the run, None if the request gives none; what is wrong with them is added to `errors`."""
    if not given:
        return None
    workflow = parts.workflows.get(deployment.workflow)
    try:
        return workflow.parse_options({**deployment.options, **given}).model_dump(mode="json")
    except InvalidOptions as error:
        errors += [FieldError("invalid", line, "options") for line in str(error).splitlines()]
        return None
