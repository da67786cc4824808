"""Requests that schemathesis makes of the OpenAPI document, and what each reply is held to."""

from __future__ import annotations

from typing import Any

import schemathesis
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from deployment.models import ApiKey, Organization, Scope
from tests.airlock import Airlock

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
UNLIMITED = 1_000_000
NO_MATTER = list(HealthCheck)
"""The strategies are not ours: how fast they are, and what they throw away, tells nothing of the product."""
STEPS = 8
Operation = Any
"""Of schemathesis, whose types have many parameters that say nothing here."""


def let_do_everything(airlock: Airlock) -> None:
    """Give every key every right, and no limit that a test would run into."""
    with airlock.parts.database.writing() as session:
        session.execute(sa.update(ApiKey).values(scopes=list(Scope), requests_per_minute=UNLIMITED))
        session.execute(sa.update(Organization).values(concurrency=UNLIMITED))


def described(airlock: Airlock, url: str | None = None) -> BaseSchema:
    """The document of the application of `airlock`, for requests to it, or to the server at `url`."""
    schema = schemathesis.openapi.from_dict(airlock.client.get("/openapi.json").get_json())
    if url is None:
        schema.app = airlock.app
    else:
        schema.config.update(base_url=url)
    return schema


def operations(schema: BaseSchema) -> list[Operation]:
    found: list[Any] = list(schema.get_all_operations())
    return [each.ok() for each in found]


def probe(airlock: Airlock, operation: Operation, examples: int) -> None:
    """Send requests to an operation, half of them as the document has it, half of them not."""
    sent = operation.as_strategy(GenerationMode.POSITIVE) | operation.as_strategy(GenerationMode.NEGATIVE)

    @settings(max_examples=examples, deadline=None, suppress_health_check=NO_MATTER, phases=[Phase.generate])
    @given(case=sent)
    def conforms(case: Any) -> None:
        _aim(case, airlock)
        case.call_and_validate(headers=airlock.headers, checks=CHECKS)

    conforms()


def wander(airlock: Airlock, schema: BaseSchema, examples: int) -> None:
    """Go from reply to request: what one operation answers is what the next one is asked about."""

    machine: Any = schema.as_state_machine()

    class Wandering(machine):  # type: ignore[misc]
        def before_call(self, case: Any) -> None:
            _aim(case, airlock)

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": airlock.headers}

        def validate_response(self, response: Any, case: Any, **more: Any) -> None:
            case.validate_response(response, checks=CHECKS)

    bounds = settings(max_examples=examples, stateful_step_count=STEPS, deadline=None, suppress_health_check=NO_MATTER)
    run_state_machine_as_test(Wandering, settings=bounds)


def _aim(case: Any, airlock: Airlock) -> None:
    """At the deployment that there is, mostly: one of a name that is made up is not found, and that is all."""
    names = {"org": airlock.path.split("/")[3], "name": airlock.path.split("/")[4]}
    for name, real in names.items():
        if name in case.path_parameters and len(str(case.path_parameters[name])) % 4:
            case.path_parameters[name] = real
