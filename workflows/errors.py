"""What can be wrong with a document, with options, or with what is to be loaded; each says it in words for a person."""

from __future__ import annotations

import inspect


class DocumentError(Exception):
    """The document cannot be worked on; the text says why, to the person who sent it."""


class Retry(Exception):
    """The workflow cannot do it now, and asks to be run again later."""

    def __init__(self, message: str = "", *, after: float | None = None) -> None:
        """`message` says why, to the person who sent the document; left out, it is the docstring of the class.

        The next try comes no sooner than `after` seconds from now; left out, after a pause that grows with each try.
        """
        super().__init__(*[message] if message else ())
        if after is not None and not after >= 0:
            raise ValueError(f"Retry(after={after!r}): after is in seconds, 0 or more")
        self.after = after

    def __str__(self) -> str:
        return super().__str__() or inspect.cleandoc(type(self).__doc__ or type(self).__name__)


class InvalidOptions(ValueError):
    """Options that the workflow does not have, or cannot use; the text names each one."""


class UnknownWorkflow(LookupError):
    """No workflow of this name is loaded."""


class InvalidWorkflows(Exception):
    """A workflow cannot be loaded: its module fails, or its name is taken."""


class InvalidResult(TypeError):
    """A workflow gave back what cannot be written down as JSON."""
