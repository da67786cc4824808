"""What libraries do anew for each test, and need not: some seconds of a processor in a run of all tests."""

from __future__ import annotations

from functools import partial
from types import ModuleType

import freezegun.api
import werkzeug.test

BOUNDARY = "--------boundary-of-the-tests"


def save() -> None:
    """For as long as this process lives. For each new boundary werkzeug compiles two patterns, 5 % of a POST."""
    freezegun.api._get_module_attributes_hash = _mark
    werkzeug.test.stream_encode_multipart = partial(werkzeug.test.stream_encode_multipart, boundary=BOUNDARY)


def _mark(module: ModuleType) -> str:
    """By which freezegun sees, at each freeze, that a module has changed: by the number of its names, not by all."""
    return f"{id(module)}-{len(vars(module))}"
