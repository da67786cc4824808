"""Wherever an exception from outside strikes the guard, the rest can be decided: nothing lies, nothing is half done."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from tests.guards.forms import ASYNC, Form
from tests.guards.strikes import FORMS, SCENARIOS, strike_everywhere

pytestmark = pytest.mark.filterwarnings(
    "ignore:coroutine .* was never awaited", "ignore::pytest.PytestUnraisableExceptionWarning"
)
WAYS = [(scenario, form) for form in FORMS for scenario in SCENARIOS]


@pytest.fixture(scope="module", autouse=True)
def collected() -> Iterator[None]:
    """Coroutines that were struck before they were awaited complain at the end of this module, not in another one."""
    yield
    gc.collect()


def named(value: str | Form) -> str:
    return value.replace(" ", "_") if isinstance(value, str) else value.__name__


@pytest.mark.parametrize(("scenario", "form"), WAYS, ids=named)
def test_a_strike_at_any_bytecode_leaves_what_can_be_decided(scenario: str, form: Form) -> None:
    """A sample of them; `python -m tests.guards.bytecodes` takes them all."""
    assert strike_everywhere(form, scenario, every=89 if form in ASYNC else 29) > 10


@pytest.mark.proof
@pytest.mark.parametrize(("scenario", "form"), WAYS, ids=named)
def test_so_does_a_strike_at_every_single_one(scenario: str, form: Form) -> None:
    strike_everywhere(form, scenario, every=1)
