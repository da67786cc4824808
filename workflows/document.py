"""The document that a workflow is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel


@dataclass(frozen=True)
class Document:
    """One file of a run.

    `path` holds its bytes until the workflow returns; its file name means nothing. `name` is what the caller called
    it, `size` is in bytes, `sha256` in hexadecimal, and `media_type` comes from the bytes. `custom_data` and `tags`
    are the caller's, as they were sent. `folder` is where a workflow may write what it hands out; it goes when that
    is stored.
    """

    path: Path
    name: str
    size: int
    sha256: str
    media_type: str
    options: BaseModel
    custom_data: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    folder: Path = Path()

    def read_text(self) -> str:
        """The whole of a text file, whatever its encoding; raises `DocumentError` where it is no text."""
        from workflows.decoding import decode  # a workflow that reads no text need not load the tables

        return decode(self.path.read_bytes()).text
