"""A file that a workflow hands out beside its result."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from workflows.errors import InvalidResult
from workflows.storable_text import clean_text

MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,100}/[A-Za-z0-9!#$&^_.+-]{1,100}(; ?charset=[A-Za-z0-9_-]{1,30})?")
"""RFC 6838, 4.2; of parameters only the one that texts need."""
NO_LABEL = re.compile(r"[\x00-\x1f\x7f/\\]+")
MAX_NAME = 255


@dataclass(frozen=True)
class Output:
    """`name` is what a person may call the file: a label, never a path.

    The bytes are at `path`, in the folder of the document, and go from there to the storage when the workflow has
    returned, a block at a time.
    """

    name: str
    media_type: str
    path: Path

    def open(self) -> BinaryIO:
        """The bytes, to be read once and closed."""
        return self.path.open("rb")

    def checked(self, workflow: str) -> Output:
        """With a name that is safe to show; raises `InvalidResult` for what cannot be handed out."""
        if not MEDIA_TYPE.fullmatch(self.media_type):
            raise InvalidResult(
                f"The workflow {workflow} gave out a file of media type {self.media_type!r}: that is none"
            )
        if not self.path.is_file():
            raise InvalidResult(f"The workflow {workflow} gave out a file that is not there: {self.name!r}")
        return Output(
            NO_LABEL.sub("_", clean_text(self.name)).strip()[-MAX_NAME:] or "file", self.media_type, self.path
        )
