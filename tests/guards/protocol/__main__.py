"""`python -m tests.guards.protocol`: explores the four designs, and prints what docs/guard.md shows."""

from __future__ import annotations

from tests.guards.protocol.report import lines

print("\n".join(lines()))
