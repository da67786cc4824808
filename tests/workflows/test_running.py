"""What a workflow is given, and what it may give back."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from tests.workflows.running import run_on
from workflows import Document, InvalidOptions, InvalidResult, NoOptions, Registry, Result, Workflow, workflow


def giving(result: Any) -> Workflow:
    """A workflow that gives back this result."""

    @workflow(name="giving", version="1", accepts=["text/*"])
    def give(document: Document, options: BaseModel) -> Result:
        return result  # type: ignore[no-any-return]

    return give


def test_a_workflow_is_given_the_document_and_what_the_caller_sent_along(samples: dict[str, Path]) -> None:
    seen: list[Document] = []

    @workflow(name="look", version="1", accepts=["text/plain"])
    def look(document: Document, options: BaseModel) -> Result:
        seen.append(document)
        return Result({})

    run_on(look, samples["txt"], "a letter")
    (document,) = seen
    assert (document.name, document.size, document.media_type) == ("a letter", 123, "text/plain")
    assert (document.custom_data, document.tags) == ({"case": 7}, ("a", "b"))
    assert document.read_text().startswith("Dear readers")


@pytest.mark.parametrize("name", ["notes.md", "data.json", "data.xml", "table.csv"])
def test_a_text_format_that_is_not_listed_is_plain_text(samples: dict[str, Path], name: str) -> None:
    @workflow(name="look", version="1", accepts=["text/plain"])
    def look(document: Document, options: BaseModel) -> Result:
        return Result({"media_type": document.media_type})

    assert run_on(look, samples["txt"], name).output == {"media_type": "text/plain"}


def test_the_example_of_a_users_own_workflow_counts_words(samples: dict[str, Path], registry: Registry) -> None:
    result = run_on(registry.get("word-count"), samples["txt"], options={"most_common": "1"})
    assert result.output == {"words": 21, "most_common": {"the": 3}}


def test_stored_options_that_the_workflow_no_longer_has_are_refused(samples: dict[str, Path]) -> None:
    with pytest.raises(InvalidOptions):
        run_on(giving(Result({})), samples["txt"], options={"gone": 1})


@pytest.mark.parametrize(
    "result",
    [
        None,
        {"a": 1},
        Result({"a": float("nan")}),
        Result({"a": date(2026, 1, 1)}),
        Result({"a": b"bytes"}),
        Result({("a", "b"): 1}),  # type: ignore[dict-item]
        Result([1]),  # type: ignore[arg-type]
        Result({}, text=7),  # type: ignore[arg-type]
        Result({}, metrics={"seconds": float("inf")}),
    ],
)
def test_a_result_that_cannot_be_stored_names_the_workflow(samples: dict[str, Path], result: Any) -> None:
    with pytest.raises(InvalidResult, match="The workflow giving gave back"):
        run_on(giving(result), samples["txt"])


def test_a_result_that_holds_itself_is_refused(samples: dict[str, Path]) -> None:
    ring: dict[str, Any] = {}
    ring["ring"] = ring
    with pytest.raises(InvalidResult, match="giving"):
        run_on(giving(Result(ring)), samples["txt"])


def test_no_database_chokes_on_a_result(samples: dict[str, Path]) -> None:
    evil = "a\0b\ud800c😀"
    result = run_on(giving(Result({evil: [evil, {"deep": evil}]}, {"m": evil}, text=evil)), samples["txt"])
    clean = "a�b�c😀"
    assert result == Result({clean: [clean, {"deep": clean}]}, {"m": clean}, {}, clean)
    assert "\\u0000" not in json.dumps(result.output)


def test_what_a_workflow_raises_is_raised(samples: dict[str, Path]) -> None:
    @workflow(name="fails", version="1", accepts=["text/*"])
    def fails(document: Document, options: BaseModel) -> Result:
        raise ZeroDivisionError("in the workflow")

    with pytest.raises(ZeroDivisionError, match="in the workflow"):
        run_on(fails, samples["txt"])


def test_a_declared_workflow_is_still_a_function(samples: dict[str, Path]) -> None:
    document = Document(samples["txt"], "letter", 1, "", "text/plain", NoOptions())
    made: Callable[..., Result] = giving(Result({"a": 1}))
    assert made(document, NoOptions()).output == {"a": 1}
