"""Text from bytes: the byte-order mark first, then UTF-8, then what the bytes look most like."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from workflows.errors import DocumentError
from workflows.storable_text import clean_text

MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
SAMPLE = 64 * 1024
"""Bytes that are enough to guess an encoding from."""
NOT_TEXT = re.compile(rb"[\x01-\x06\x0e-\x1a\x1c-\x1f\x7f]")
FEW = 0.03
WINDOWS = [f"cp{page}" for page in (1252, 1250, 1251, 1253, 1254, 1255, 1256)]
LIKELY = [*WINDOWS, "koi8_r", "shift_jis", "euc_jp", "gb18030", "big5", "euc_kr"]
"""What text without a mark is in, if not in UTF-8: what browsers assume by locale (HTML, 13.2.3.2). Others are
found more often than they occur, in French text above all."""
CLOSE = 0.05
"""Two guesses so near each other are equally good; then the one that comes first in `LIKELY` is taken."""


@dataclass(frozen=True)
class Decoded:
    """The text and the encoding's Python name. `damaged` says that some bytes were none of it, and became U+FFFD."""

    text: str
    encoding: str
    damaged: bool = False


def decode(data: bytes) -> Decoded:
    """The text of the bytes; NUL becomes U+FFFD. Raises `DocumentError` where they are no text in any encoding."""
    encoding = encoding_of(data)
    if encoding is None:
        raise DocumentError("This is no text in any encoding that we know")
    for mark in MARKS:
        if data.startswith(mark) and MARKS[mark] == encoding:
            data = data[len(mark) :]
            break
    text = clean_text(data.decode(encoding, errors="replace"))
    return Decoded(text, encoding, damaged="�" in text)


def encoding_of(data: bytes) -> str | None:
    """The encoding that the bytes are most likely in, or None for what is no text."""
    for mark, encoding in MARKS.items():
        if data.startswith(mark):
            return encoding
    return _wide(data[:SAMPLE]) or _narrow(data)


def _wide(sample: bytes) -> str | None:
    """UTF-16 without a mark: Latin text has its NULs at every second byte."""
    half = len(sample) // 2
    odd, even = sample[1::2].count(0), sample[0::2].count(0)
    if max(odd, even) < 0.4 * half or min(odd, even) > 0.05 * half or half < 2:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _narrow(data: bytes) -> str | None:
    sample = data[:SAMPLE]
    if len(NOT_TEXT.findall(sample)) + sample.count(0) > FEW * len(sample) + 1:
        return None
    try:
        data.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError as error:
        if error.start >= SAMPLE - 3:
            return "utf-8"  # a bad byte after so much good text is damage, or the sample ends within a character
    return _guessed(sample)


def _guessed(sample: bytes) -> str | None:
    from charset_normalizer import from_bytes

    found = from_bytes(sample.replace(b"\0", b""), cp_isolation=LIKELY)
    best = found.best()
    if best is None:
        return None
    chaos, coherence = best.chaos + CLOSE, best.coherence - CLOSE
    equal = {one.encoding for one in found if one.chaos <= chaos and one.coherence >= coherence}
    return next((encoding for encoding in LIKELY if encoding in equal), best.encoding)
