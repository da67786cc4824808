"""Replies that say more than their body."""

from __future__ import annotations

from flask import Response
from pydantic import BaseModel


def created(body: BaseModel, location: str | None = None) -> Response:
    """201, and where it is to be found. No cache may keep it: it may show a secret, this once."""
    reply = Response(body.model_dump_json(by_alias=True), status=201, mimetype="application/json")
    reply.headers["Cache-Control"] = "no-store"
    if location is not None:
        reply.headers["Location"] = location
    return reply
