"""Requests that schemathesis makes of the OpenAPI document, and what each reply is held to."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from typing import Any

import schemathesis
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import FlakyStrategyDefinition
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
from tests.deployment.api.v1.targets import Targets

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
OF_THE_SERVER = (414, 431)
"""What gunicorn answers to a line or a head that it does not read to its end: of no operation, so in no document."""
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


class Tally(Counter[tuple[str, int]]):
    """How often each operation has answered with each status."""

    def add(self, case: Any, response: Any) -> None:
        self[f"{case.method} {case.operation.path}", response.status_code] += 1

    def by_class(self) -> dict[str, int]:
        """`2xx` and so on."""
        classes = Counter[str]()
        for (_, status), count in self.items():
            classes[f"{status // 100}xx"] += count
        return dict(sorted(classes.items()))


def hold(case: Any, response: Any, tally: Tally) -> None:
    """Count a reply, and hold it to the document."""
    tally.add(case, response)
    if response.status_code not in OF_THE_SERVER:
        case.validate_response(response, checks=CHECKS)


def probe(targets: Targets, headers: dict[str, str], operation: Operation, examples: int) -> Tally:
    """Send requests to an operation, half of them as the document has it, half of them not."""
    sent = operation.as_strategy(GenerationMode.POSITIVE) | operation.as_strategy(GenerationMode.NEGATIVE)
    tally = Tally()

    @settings(max_examples=examples, deadline=None, suppress_health_check=NO_MATTER, phases=[Phase.generate])
    @given(case=sent)
    def conforms(case: Any) -> None:
        more = targets.aim(case)
        response = case.call(headers=headers, **more)
        hold(case, response, tally)
        targets.learn(case, _json_of(response))

    conforms()
    return tally


def wander(targets: Targets, headers: dict[str, str], schema: BaseSchema, examples: int) -> Tally:
    """Go from reply to request: what one operation answers is what the next one is asked about."""
    machine: Any = schema.as_state_machine()
    tally = Tally()

    class Wandering(machine):  # type: ignore[misc]
        def before_call(self, case: Any) -> None:
            self.more = targets.aim(case)

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": headers, **self.more}

        def validate_response(self, response: Any, case: Any, **more: Any) -> None:
            hold(case, response, tally)
            targets.learn(case, _json_of(response))

    bounds = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=NO_MATTER,
        phases=[Phase.generate],
        database=None,
    )
    with suppress(FlakyStrategyDefinition):  # it would walk the same way again, where the server has gone on
        run_state_machine_as_test(Wandering, settings=bounds)
    return tally


def _json_of(response: Any) -> Any:
    try:
        return json.loads(response.content)
    except ValueError:
        return None
