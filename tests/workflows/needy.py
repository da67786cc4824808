"""A workflow that needs what nobody has installed."""

from __future__ import annotations

from workflows import Document, NoOptions, Result, workflow


@workflow(name="needy", version="1", accepts=["text/*"], imports=["no_such_module"])
def needy(document: Document, options: NoOptions) -> Result:
    return Result({})
