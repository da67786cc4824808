"""Declaring a workflow: a plain function, with what it takes, how long it may run, and what is worth another try."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from pydantic import BaseModel, ValidationError

from workflows.document import Document
from workflows.errors import InvalidOptions
from workflows.result import Result

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""What a workflow may be called; it stands in commands and in a column of 64 characters."""
VERSION = re.compile(r"\S{1,64}")
MEDIA_TYPE = re.compile(r"[\w.+*-]+/[\w.+*-]+")
DEFAULT_TIME_LIMIT = 120.0
DEFAULT_MEMORY_LIMIT = 1024
DEFAULT_RETRIES = 5

Function = Callable[[Document, Any], Result]


class NoOptions(BaseModel):
    """Of a workflow without options."""


@dataclass(frozen=True)
class Workflow:
    """What can be deployed.

    `accepts` may hold patterns (`text/*`); `time_limit` is in seconds, for one document, and `memory_limit` in MiB, on
    top of what the worker holds; `imports` are the modules that a worker may import once for all documents, instead
    of each time. What the function raises of `retry_on` may
    pass: it is run again, as after `Retry`, up to `retries` times for one document.
    """

    name: str
    version: str
    description: str
    accepts: tuple[str, ...]
    options_model: type[BaseModel]
    time_limit: float
    function: Function
    imports: tuple[str, ...] = ()
    retry_on: tuple[type[Exception], ...] = ()
    retries: int = DEFAULT_RETRIES
    memory_limit: int = DEFAULT_MEMORY_LIMIT

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is no name for a workflow: letters, digits, '_' and '-', at most 64")
        if not VERSION.fullmatch(self.version):
            raise ValueError(f"{self.name}: version {self.version!r} must have 1 to 64 characters and no spaces")
        if not self.time_limit > 0:
            raise ValueError(f"{self.name}: time_limit must be more than 0 seconds")
        if not self.memory_limit > 0:
            raise ValueError(f"{self.name}: memory_limit must be more than 0 MiB")
        wrong = [pattern for pattern in self.accepts if not MEDIA_TYPE.fullmatch(pattern)]
        if wrong or not self.accepts:
            raise ValueError(f"{self.name}: accepts must list media types such as 'text/plain' or 'image/*'; {wrong=}")
        if not all(isinstance(kind, type) and issubclass(kind, Exception) for kind in self.retry_on):
            raise ValueError(f"{self.name}: retry_on must list classes of exceptions; {self.retry_on=}")
        if self.retries < 0:
            raise ValueError(f"{self.name}: retries must be 0 or more")

    def __call__(self, document: Document, options: BaseModel) -> Result:
        return self.function(document, options)

    def takes(self, media_type: str) -> bool:
        """Whether documents of this media type are accepted."""
        return any(fnmatchcase(media_type, pattern) for pattern in self.accepts)

    def parse_options(self, options: Mapping[str, Any]) -> BaseModel:
        """The options as the model has them; strings (`"true"`, `"3"`) become what the model wants.

        Raises `InvalidOptions` with a line for each that the workflow does not have or cannot use.
        """
        try:
            return self.options_model.model_validate(dict(options), extra="forbid")
        except ValidationError as error:
            raise InvalidOptions("\n".join(self._breach(breach) for breach in error.errors())) from None

    def _breach(self, breach: Any) -> str:
        name = ".".join(str(part) for part in breach["loc"])
        if breach["type"] == "extra_forbidden":
            known = ", ".join(sorted(self.options_model.model_fields)) or "none"
            return f"{self.name} has no option {name!r}; its options: {known}"
        about = f"option {name!r}" if name else "options"
        return f"{about} of {self.name}: {breach['msg']}"


def workflow(
    *,
    name: str,
    version: str,
    accepts: Collection[str],
    options: type[BaseModel] = NoOptions,
    time_limit: float = DEFAULT_TIME_LIMIT,
    description: str = "",
    imports: Collection[str] = (),
    retry_on: type[Exception] | Collection[type[Exception]] = (),
    retries: int = DEFAULT_RETRIES,
    memory_limit: int = DEFAULT_MEMORY_LIMIT,
) -> Callable[[Function], Workflow]:
    """Make a workflow of a function that takes a `Document` and the parsed options and returns a `Result`.

    The description is the first line of the function's docstring, where none is given. Raises `ValueError` for a
    declaration that makes no sense.
    """
    if isinstance(accepts, str):
        raise ValueError(f"{name}: accepts is a list of media types, not one string")

    def declare(function: Function) -> Workflow:
        told = description or (inspect.getdoc(function) or "").partition("\n")[0]
        return Workflow(
            name,
            version,
            told,
            tuple(accepts),
            options,
            time_limit,
            function,
            imports=tuple(imports),
            retry_on=(retry_on,) if isinstance(retry_on, type) else tuple(retry_on),
            retries=retries,
            memory_limit=memory_limit,
        )

    return declare
