"""A wrong guard: a named patch of one file of `guards/`, which fails loudly when that file has changed."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GUARDS = ROOT / "guards"


class SourceChanged(Exception):
    """The source that this mutant patches is not there, or not there once: write the patch anew."""


@dataclass(frozen=True)
class Mutant:
    """`old` stands exactly once in `file`, and is replaced by `new`. `name` says what is wrong then."""

    name: str
    file: str
    old: str
    new: str

    def of(self, source: str) -> str:
        """The patched source. Raises `SourceChanged`."""
        found = source.count(self.old)
        if found != 1:
            raise SourceChanged(f"{SourceChanged.__doc__} {self.name!r} found {found} times in {self.file}: {self.old}")
        return source.replace(self.old, self.new)

    def write(self, folder: Path) -> None:
        """Put a patched copy of `guards/` into `folder`, to be imported from there."""
        copy_guards(folder)
        file = folder / "guards" / self.file
        file.write_text(self.of(file.read_text()))


def copy_guards(folder: Path) -> None:
    """The guard as it is."""
    shutil.copytree(GUARDS, folder / "guards", ignore=shutil.ignore_patterns("__pycache__"))
