"""A workflow that needs a processor for a while, as the reading of a document does."""

from __future__ import annotations

import hashlib

from workflows import Document, NoOptions, Result, workflow


def work(rounds: int) -> str:
    """About a microsecond each."""
    return hashlib.pbkdf2_hmac("sha256", b"document", b"salt", rounds).hex()


@workflow(name="busy", version="1", accepts=["text/*"], time_limit=600)
def busy(document: Document, _options: NoOptions) -> Result:
    """Works as many rounds as the document says."""
    return Result({"digest": work(int(document.read_text()))})
