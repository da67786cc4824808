"""A mutant: a named patch of one file of ours, which fails loudly when that file has changed."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = shutil.ignore_patterns(".*", "__pycache__", "build", "dist")


class SourceChanged(Exception):
    """The source that this mutant patches is not there, or not there once: write the patch anew."""


@dataclass(frozen=True)
class Mutant:
    """`old` stands exactly once in `file`, and is replaced by `new`. `name` says what is wrong then."""

    name: str
    file: str
    old: str
    new: str

    room: ClassVar[str] = "guards"
    """The folder of the checkout that is copied for it, and from which `file` counts."""

    @property
    def path(self) -> Path:
        """The file as it is, in the checkout."""
        return ROOT / self.room / self.file

    def of(self, source: str) -> str:
        """The patched source. Raises `SourceChanged`."""
        found = source.count(self.old)
        if found != 1:
            raise SourceChanged(f"{SourceChanged.__doc__} {self.name!r} found {found} times in {self.file}: {self.old}")
        return source.replace(self.old, self.new)

    def write(self, folder: Path) -> None:
        """Put a patched copy of the room into `folder`."""
        copy(self.room, folder)
        file = folder / self.room / self.file
        file.write_text(self.of(file.read_text()))


@dataclass(frozen=True)
class SwitchedOff(Mutant):
    """A mechanism of Airlock that is switched off, and `test`: which one, or all whose names begin so, must find it."""

    test: str

    room: ClassVar[str] = ""


def copy(room: str, folder: Path) -> None:
    """The room as it is; "" is the whole checkout."""
    shutil.copytree(ROOT / room, folder / room, ignore=NOT_OURS, dirs_exist_ok=True)
