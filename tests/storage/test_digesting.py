"""Reading through the digest: as much as was asked for, until there is no more."""

from __future__ import annotations

import hashlib
import io

from storage.digesting import DigestingReader


class Dripping(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 0, 3))


def test_a_source_that_gives_little_at_a_time_still_fills_what_was_asked_for() -> None:
    reader = DigestingReader(Dripping(b"0123456789"))
    assert [reader.read(8), reader.read(8), reader.read(8)] == [b"01234567", b"89", b""]
    assert (reader.digest.size, reader.digest.sha256) == (10, hashlib.sha256(b"0123456789").hexdigest())
