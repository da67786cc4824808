"""The header `Authorization: Bearer …` (RFC 6750, section 2.1)."""

from __future__ import annotations

from flask import request


def bearer_token() -> str:
    """The token of the current request; empty if there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme == "Bearer" else ""
