"""How a workflow says that its failure may pass: by raising `Retry`, or by what it declares in `retry_on`."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from tests.workflows.running import run_on
from workflows import Document, DocumentError, NoOptions, Result, Retry, Workflow, workflow


class Busy(Retry):
    """The model is busy."""


class Throttled(ConnectionError):
    """As a library calls it."""


class Unreadable(DocumentError, ConnectionError):
    """Both at once."""


def failing(error: Exception, retry_on: type[Exception] | Collection[type[Exception]] = ()) -> Workflow:
    @workflow(name="failing", version="1", accepts=["text/*"], retry_on=retry_on)
    def fail(document: Document, options: NoOptions) -> Result:
        raise error

    return fail


@pytest.mark.parametrize("retry_on", [ConnectionError, (OSError,), [ValueError, ConnectionError]])
def test_what_it_has_declared_becomes_the_cause_of_a_retry(samples: dict[str, Path], retry_on: Any) -> None:
    with pytest.raises(Retry) as caught:
        run_on(failing(Throttled("429"), retry_on), samples["txt"])
    assert isinstance(caught.value.__cause__, Throttled)
    assert caught.value.after is None


@pytest.mark.parametrize("error", [ValueError("no"), DocumentError("no"), Unreadable("no")])
def test_what_it_has_not_declared_and_a_refused_document_are_raised_as_they_are(
    samples: dict[str, Path], error: Exception
) -> None:
    with pytest.raises(type(error)) as caught:
        run_on(failing(error, ConnectionError), samples["txt"])
    assert caught.value is error


def test_a_retry_that_it_raises_keeps_what_it_asks_for(samples: dict[str, Path]) -> None:
    with pytest.raises(Busy) as caught:
        run_on(failing(Busy(after=30), Exception), samples["txt"])
    assert (str(caught.value), caught.value.after) == ("The model is busy.", 30)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (Retry(), "The workflow cannot do it now, and asks to be run again later."),
        (Retry("the quota is used up"), "the quota is used up"),
        (Busy(), "The model is busy."),
    ],
)
def test_its_message_is_the_docstring_unless_it_has_another(error: Retry, told: str) -> None:
    assert str(error) == told


@pytest.mark.parametrize("after", [-1, float("nan")])
def test_a_pause_that_makes_no_sense_is_refused(after: float) -> None:
    with pytest.raises(ValueError, match="after is in seconds, 0 or more"):
        Retry(after=after)


@pytest.mark.parametrize(
    ("declared", "reason"),
    [
        ({"retry_on": ["ConnectionError"]}, "retry_on must list classes of exceptions"),
        ({"retry_on": [KeyboardInterrupt]}, "retry_on must list classes of exceptions"),
        ({"retries": -1}, "retries must be 0 or more"),
    ],
)
def test_a_declaration_that_makes_no_sense_is_refused(declared: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):

        @workflow(name="odd", version="1", accepts=["text/*"], **declared)
        def odd(document: Document, options: NoOptions) -> Result:
            return Result({})
