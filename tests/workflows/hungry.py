"""Takes memory in ways that workflows do, under a limit of 50 MiB, and prints as JSON what became of each.

In a process of its own: one that has lived has memory at hand that the kernel has counted already.
"""

from __future__ import annotations

import json
import resource
from collections.abc import Callable

from lxml import etree

from workflows import DocumentError
from workflows.extraction.content import reading
from workflows.memory import at_most

MIB = 2**20


def _told_as_damage() -> None:
    with reading("DOCX"):
        bytearray(60 * MIB)


def _by_libxml2() -> None:
    etree.fromstring(b"<a>" + b"<b/>" * 700_000 + b"</a>", etree.XMLParser(huge_tree=True))


def _damaged() -> None:
    raise DocumentError("The document is damaged")


ACTS: dict[str, Callable[[], object]] = {
    "too much": lambda: bytearray(60 * MIB),
    "told as damage": _told_as_damage,
    "by libxml2": _by_libxml2,
    "enough": lambda: bytearray(20 * MIB),
    "damaged": _damaged,
    "an error": lambda: 1 / 0,
}


def outcome(act: Callable[[], object]) -> str:
    """What the act raises, and whether the limit has ended with it."""
    before = resource.getrlimit(resource.RLIMIT_DATA)
    try:
        with at_most(50):
            act()
        told = "done"
    except Exception as error:
        told = f"{type(error).__name__}: {error}"
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
    return told


if __name__ == "__main__":
    print(json.dumps({name: outcome(act) for name, act in ACTS.items()}))
