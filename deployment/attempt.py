"""One attempt at a file, as the store knows it: where it has its result, and the files that it has handed out."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from storage import names


@dataclass(frozen=True)
class Attempt:
    """`number` counts the attempts at a file from 1. Each has a place of its own, so none overwrites another one."""

    execution_id: UUID
    file_id: UUID
    number: int

    @property
    def result_key(self) -> str:
        return names.result_key(self.execution_id, self.file_id, self.number)

    def output_key(self, number: int) -> str:
        """The key of one of its files, which are counted from 1, too."""
        return names.output_key(self.execution_id, self.file_id, self.number, number)
