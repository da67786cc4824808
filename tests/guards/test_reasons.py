"""The stored reason: never empty, whole, and fit for every database."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guards import outcome_of, pre_dispatch_guard, reason_of
from tests.guards.runs import Ground


class Unreadable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no")


class NoText(Exception):
    def __str__(self) -> Any:
        return None


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError("403"), "OSError: 403"),
        (TimeoutError(), "TimeoutError"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (ValueError("  \n "), "ValueError"),
        (KeyError("name"), "KeyError: 'name'"),
        (OSError(13, "Permission denied", "/in"), "PermissionError: [Errno 13] Permission denied: '/in'"),
        (Unreadable(), "Unreadable: (its message cannot be read: RuntimeError)"),
        (NoText(), "NoText: (its message cannot be read: TypeError)"),
        (ValueError("a\x00b"), "ValueError: a\\x00b"),
        (ValueError("a\ud800b"), "ValueError: a\\ud800b"),
        (ValueError("api_key=abc"), "ValueError: api_key=***"),
        (
            ExceptionGroup("two", [OSError("403"), ExceptionGroup("one", [ValueError("pwd=x")])]),
            "ExceptionGroup: two (2 sub-exceptions) "
            "[OSError: 403; ExceptionGroup: one (1 sub-exception) [ValueError: pwd=***]]",
        ),
    ],
)
def test_a_reason_is_the_type_and_the_message(error: BaseException, reason: str) -> None:
    assert reason_of(error) == reason


def test_a_huge_reason_is_kept_whole() -> None:
    assert reason_of(ValueError("x" * 200_000)) == "ValueError: " + "x" * 200_000


def test_a_deep_group_is_told_to_a_limit() -> None:
    group: ExceptionGroup[Exception] = ExceptionGroup("deep", [ValueError()])
    for _ in range(200):
        group = ExceptionGroup("deep", [group])
    assert len(reason_of(group)) < 1000


@given(st.text(st.characters(exclude_categories=())))
def test_every_reason_can_be_stored(text: str) -> None:
    reason = reason_of(ValueError(text))
    assert reason.startswith("ValueError")
    assert "\x00" not in reason
    assert reason.encode().decode() == reason


def test_an_error_whose_message_cannot_be_read_is_settled_all_the_same(ground: Ground) -> None:
    with pytest.raises(Unreadable) as caught, pre_dispatch_guard(ground.ledger) as guard:
        guard.open(ground.create, guard.token)
        raise Unreadable
    outcome = outcome_of(caught.value)
    assert outcome is not None
    assert outcome.failed
