"""The examples in the document are real replies: made here, and held to what is replied today.

`AIRLOCK_EXAMPLES=write` with this test writes them anew.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask

import deployment.api.documents
from tests.airlock import Airlock
from tests.deployment.api.v1.native import with_key

EXAMPLES = Path(deployment.api.documents.__file__).with_name("examples.json")
OPEN = {"metadata", "metrics", "options", "seconds"}
"""Names of objects whose keys are a caller's or a workflow's."""


def replies(airlock: Airlock) -> dict[str, dict[str, Any]]:
    """By operation and status."""
    native, here = with_key(airlock), "/deployments/acme/text"
    data = {"files": [(io.BytesIO(b"Hello, world."), "hello.txt")], "tags": "invoice", "metadata": '{"case": "7"}'}
    accepted = native.got("post", f"{here}/executions", status=202, data=data)
    run = accepted["id"]
    airlock.work_here(UUID(run))
    problem = native.got("post", f"/executions/{run}/stop", status=409)
    looked = {
        "get_execution": f"/executions/{run}",
        "list_executions": "/executions",
        "get_results": f"/executions/{run}/results",
        "list_files": f"/executions/{run}/files",
        "list_log_lines": f"/executions/{run}/logs",
        "get_deployment": here,
        "list_deployments": "/deployments",
        "get_workflow": "/workflows/extract-text",
        "get_usage": "/usage",
    }
    made: dict[str, dict[str, Any]] = {name: {"200": native.got("get", path)} for name, path in looked.items()}
    return made | {"create_execution": {"202": accepted}, "stop_execution": {"409": problem}}


def shape(value: Any, name: str = "") -> Any:
    """What does not change from one reply to the next: the names, all the way down."""
    if isinstance(value, dict):
        return {} if name in OPEN else {key: shape(inner, key) for key, inner in value.items()}
    return [shape(inner) for inner in value[:1]] if isinstance(value, list) else None


def test_they_look_as_replies_do_today(new_app: Callable[..., Flask], sqlite_url: str, redis_url: str) -> None:
    found = replies(Airlock(new_app(database_url=sqlite_url, redis_url=redis_url)))
    if os.environ.get("AIRLOCK_EXAMPLES") == "write":
        EXAMPLES.write_text(json.dumps(found, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
    assert shape(found) == shape(json.loads(EXAMPLES.read_text()))


def test_the_document_shows_them(new_app: Callable[..., Flask], sqlite_url: str, redis_url: str) -> None:
    document = new_app(database_url=sqlite_url, redis_url=redis_url).test_client().get("/openapi.json").get_json()
    reply = document["paths"]["/v1/executions/{execution_id}"]["get"]["responses"]["200"]
    assert reply["content"]["application/json"]["example"]["status"] == "COMPLETED"
