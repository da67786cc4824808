"""What runs on a document: workflows, which are plain functions, their registry, and the one way to run them."""

from __future__ import annotations

from workflows.declaration import NoOptions, Workflow, workflow
from workflows.document import Document
from workflows.errors import DocumentError, InvalidOptions, InvalidResult, InvalidWorkflows, Retry, UnknownWorkflow
from workflows.output import Output
from workflows.registry import Registry
from workflows.result import Result
from workflows.running import run

__all__ = [
    "Document",
    "DocumentError",
    "InvalidOptions",
    "InvalidResult",
    "InvalidWorkflows",
    "NoOptions",
    "Output",
    "Registry",
    "Result",
    "Retry",
    "UnknownWorkflow",
    "Workflow",
    "run",
    "workflow",
]
