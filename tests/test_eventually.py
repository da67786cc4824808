"""A test waits for what it means, never longer than its limit, and says what it waited for."""

from __future__ import annotations

import pytest
from freezegun import freeze_time

from tests.eventually import eventually


def test_it_gives_the_first_true_value() -> None:
    values = iter([0, None, "ready", "later"])
    assert eventually(lambda: next(values)) == "ready"


def test_it_names_the_condition_and_the_last_value() -> None:
    with pytest.raises(AssertionError, match=r"waited 0.05 s for the row to end; its last value was 0"):
        eventually(lambda: 0, within=0.05, what="the row to end")


def test_an_error_that_it_passes_over_is_named_at_the_end() -> None:
    def refused() -> bool:
        raise ConnectionRefusedError("nobody listens")

    with pytest.raises(AssertionError, match=r"refused .*test_eventually\.py.*nobody listens"):
        eventually(refused, within=0.05)


def test_any_other_error_ends_the_wait() -> None:
    with pytest.raises(ZeroDivisionError):
        eventually(lambda: 1 // 0)


def test_its_limit_holds_while_time_is_frozen() -> None:
    with freeze_time("2026-01-01"), pytest.raises(AssertionError, match="waited"):
        eventually(lambda: False, within=0.05)
