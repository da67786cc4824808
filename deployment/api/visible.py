"""The run that a path of the native API names: for a key that may call its deployment, and for nobody else."""

from __future__ import annotations

from uuid import UUID

from deployment.api.auth import authenticate_key
from deployment.api.errors import refused
from deployment.executions import find_execution
from deployment.keys import may_call
from deployment.models import ApiKey, Execution
from deployment.parts import current_parts as parts


def visible_run(execution_id: UUID) -> tuple[ApiKey, Execution]:
    """The key of the current request and the run; raises `Refused` with 401, or 404 where it is not to be seen."""
    key = authenticate_key(parts().database)
    execution = find_execution(parts(), execution_id)
    if execution is None or not may_call(key, execution.deployment):
        raise refused(404, "not_found", "Execution not found")
    return key, execution
