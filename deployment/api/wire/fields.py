"""The fields of a request, checked against the rules of the wire; every breach is named at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deployment.api.errors import FieldError
from deployment.api.json_object import NotAnObject, parse_object
from deployment.api.tags import TAG_LENGTH, TAG_PATTERN

INCLUDES = ("include_metadata", "include_metrics", "include_extracted_text")
MAX_WAIT = 300
TAG = re.compile(TAG_PATTERN)
SHOWN_AT_MOST = 10
"""Wrong tags that are named: a reply must not grow with what it refuses."""
TRUE, FALSE = {"true", "1", "on", "yes"}, {"false", "0", "off", "no"}


@dataclass(frozen=True)
class Includes:
    """What a reply contains beside the output."""

    metadata: bool = False
    metrics: bool = False
    extracted_text: bool = False


class Fields:
    """Reads typed values from a form or a query string, and collects the breaches in `errors`."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self.errors: list[FieldError] = []

    def boolean(self, name: str) -> bool:
        """true/false/1/0/on/off/yes/no in any case; absent is false."""
        text = self._given.get(name, "false").strip().lower()
        if text not in TRUE | FALSE:
            self._breach(name, "invalid", "Must be a valid boolean.")
        return text in TRUE

    def wait_seconds(self) -> int:
        """`timeout`: -1..300; -1 and 0 both mean not to wait."""
        text = self._given.get("timeout", "-1").strip()
        if not re.fullmatch(r"[+-]?[0-9]{1,9}", text):
            self._breach("timeout", "invalid", "A valid integer is required.")
            return 0
        seconds = int(text)
        if seconds > MAX_WAIT:
            detail = f"Ensure this value is less than or equal to {MAX_WAIT}."
            self._breach("timeout", "max_value", detail)
        if seconds < -1:
            self._breach("timeout", "min_value", "Ensure this value is greater than or equal to -1.")
        return max(seconds, 0)

    def tags(self) -> list[str]:
        """A comma list; each begins with a letter, then letters, digits, `_` and `-`; at most 50 characters."""
        tags = [tag for tag in (part.strip() for part in self._given.get("tags", "").split(",")) if tag]
        wrong = [tag for tag in tags if not TAG.fullmatch(tag) or len(tag) > TAG_LENGTH]
        for tag in wrong[:SHOWN_AT_MOST]:
            rule = f"begins with a letter, then letters, digits, '_' and '-', {TAG_LENGTH} at most"
            self._breach("tags", "invalid", f"{tag[:TAG_LENGTH]!r} is not a tag: it {rule}.")
        return tags

    def custom_data(self) -> dict[str, Any]:
        """A JSON object, as of `parse_object`; empty when there is none."""
        text = self._given.get("custom_data", "").strip()
        try:
            return parse_object(text) if text else {}
        except NotAnObject as error:
            self._breach("custom_data", "invalid", str(error))
            return {}

    def includes(self) -> Includes:
        """The three `include_…` flags."""
        return Includes(*map(self.boolean, INCLUDES))

    def _breach(self, name: str, code: str, detail: str) -> None:
        self.errors.append(FieldError(code, detail, name))
