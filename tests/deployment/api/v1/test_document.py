"""What the OpenAPI document says is what the server does: requests that are made of it find nothing else."""

from __future__ import annotations

from collections.abc import Callable

from tests.airlock import Airlock
from tests.deployment.api.v1.conforming import described, let_do_everything, operations, probe, wander
from tests.launcher.launched import Launched

A_FEW, MANY = 6, 120


def test_each_operation_answers_as_the_document_says(airlock: Airlock) -> None:
    let_do_everything(airlock)
    for operation in operations(described(airlock)):
        probe(airlock, operation, A_FEW)


def test_what_follows_from_a_reply_is_answered_as_the_document_says(
    new_caller: Callable[..., Airlock], installation: Launched
) -> None:
    airlock = new_caller(keep_inputs=True)
    let_do_everything(airlock)
    wander(airlock, described(airlock, installation.url), A_FEW)
