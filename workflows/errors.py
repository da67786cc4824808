"""What can be wrong with a document, with options, or with what is to be loaded; each says it in words for a person."""

from __future__ import annotations


class DocumentError(Exception):
    """The document cannot be worked on; the text says why, to the person who sent it."""


class InvalidOptions(ValueError):
    """Options that the workflow does not have, or cannot use; the text names each one."""


class UnknownWorkflow(LookupError):
    """No workflow of this name is loaded."""


class InvalidWorkflows(Exception):
    """A workflow cannot be loaded: its module fails, or its name is taken."""


class InvalidResult(TypeError):
    """A workflow gave back what cannot be written down as JSON."""
