"""A workflow of one's own: how often each word occurs in a text. Load it with `WORKFLOWS=examples.word_count`."""

from __future__ import annotations

from collections import Counter

from pydantic import BaseModel

from workflows import Document, Result, workflow


class CountOptions(BaseModel):
    most_common: int = 10


@workflow(name="word-count", version="1", accepts=["text/*"], options=CountOptions, time_limit=30)
def word_count(document: Document, options: CountOptions) -> Result:
    """Counts the words of a text file."""
    words = Counter(document.read_text().lower().split())
    return Result({"words": words.total(), "most_common": dict(words.most_common(options.most_common))})
