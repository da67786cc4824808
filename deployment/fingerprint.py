"""Fingerprints: what tells one thing from another, whatever it is made of."""

from __future__ import annotations

import hashlib
import json


def fingerprint(*parts: object) -> str:
    """64 hexadecimal digits: the SHA-256 over `parts` as JSON, in which the order of an object's names is nothing."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
