"""Options come from a command line or from JSON; what is wrong with them is said by name."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, model_validator

from workflows import Document, InvalidOptions, Result, workflow
from workflows.extract_text import extract_text


def test_strings_become_what_the_workflow_wants() -> None:
    options = extract_text.parse_options({"max_pages": "3", "allow_empty": "true", "full_text": "no"})
    assert options.model_dump(include={"max_pages", "allow_empty", "full_text"}) == {
        "max_pages": 3,
        "allow_empty": True,
        "full_text": False,
    }


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"max_pages": "many"}, "option 'max_pages' of extract-text: Input should be a valid integer"),
        ({"max_pages": 0}, "option 'max_pages' of extract-text: Input should be greater than or equal to 1"),
        ({"pages": 1}, "extract-text has no option 'pages'; its options: allow_empty, detect_language, full_text"),
    ],
)
def test_a_wrong_option_is_named(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidOptions, match=reason):
        extract_text.parse_options(given)


def test_each_wrong_option_has_a_line() -> None:
    with pytest.raises(InvalidOptions) as caught:
        extract_text.parse_options({"max_pages": "many", "pages": 1})
    assert len(str(caught.value).splitlines()) == 2


def test_options_that_do_not_go_together_are_refused() -> None:
    class Span(BaseModel):
        first: int = 1
        last: int = 9

        @model_validator(mode="after")
        def _in_order(self) -> Span:
            if self.last < self.first:
                raise ValueError("last comes before first")
            return self

    @workflow(name="span", version="1", accepts=["text/*"], options=Span)
    def span(document: Document, options: Span) -> Result:
        return Result({})

    with pytest.raises(InvalidOptions, match="options of span: Value error, last comes before first"):
        span.parse_options({"first": "5", "last": "4"})


def test_a_workflow_without_options_takes_none() -> None:
    @workflow(name="plain", version="1", accepts=["text/*"])
    def plain(document: Document, options: BaseModel) -> Result:
        return Result({})

    with pytest.raises(InvalidOptions, match="plain has no option 'x'; its options: none"):
        plain.parse_options({"x": 1})


def test_parsed_options_parse_again() -> None:
    """A deployment stores them as JSON, and a work-horse parses them once more."""
    stored = extract_text.parse_options({"max_pages": "3"}).model_dump(mode="json")
    assert extract_text.parse_options(stored).model_dump(mode="json") == stored
