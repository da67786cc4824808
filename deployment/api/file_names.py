"""What a file may be called: a name is for people's eyes, never a path."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

NAME_LENGTH = 255
CONTROL_OR_SURROGATE = ("Cc", "Cs")
"""Unicode categories that no database and no log should have to store."""


def display_name(path: str) -> str:
    """The last part of a path: RFC 7578, section 4.2, says that directories in a name are not to be used."""
    return path.replace("\\", "/").rsplit("/", 1)[-1]


def name_breaches(name: str) -> Iterator[tuple[str, str]]:
    """Code and detail of what keeps `name` from being one."""
    if name in ("", ".", ".."):
        yield "no_name", "The file has no name."
    elif len(name) > NAME_LENGTH:
        detail = f"Ensure this filename has at most {NAME_LENGTH} characters (it has {len(name)})."
        yield "max_length", detail
    elif any(unicodedata.category(character) in CONTROL_OR_SURROGATE for character in name):
        yield "invalid", "The file name has control characters."
