"""Which keys and prefixes are accepted: names of ours, and nothing that could leave the folder.

A defence in depth: keys are made of ids and numbers, never of what a caller called a file.
"""

from __future__ import annotations

import re

from storage.errors import InvalidKey

PART = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"
"""No part begins with a dot: that excludes `..`, and leaves names for files that are still being written."""

KEY = re.compile(rf"{PART}(?:/{PART})*")
PREFIX = re.compile(rf"(?:{PART}/)+")


def checked_key(key: str, operation: str) -> str:
    """`key`, or `InvalidKey`."""
    if not KEY.fullmatch(key):
        raise InvalidKey(operation, repr(key))
    return key


def checked_prefix(prefix: str, operation: str) -> str:
    """`prefix`, or `InvalidKey`; it ends in `/` and is not empty, so it can take nothing else along."""
    if not PREFIX.fullmatch(prefix):
        raise InvalidKey(operation, repr(prefix), "a prefix ends in /")
    return prefix
