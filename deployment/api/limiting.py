"""Holding a key to its quotas, on both faces: before anything else is done for a request, and behind its uploads."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from flask import Flask, Response, g, request

from deployment.api.errors import Refused, refused
from deployment.limits import Quota, Standing, requests_of, uploads_of
from deployment.models import ApiKey
from deployment.parts import current_parts as parts
from deployment.staging import Upload

log = structlog.get_logger()


def count_request(key: ApiKey) -> None:
    """Raise `Refused` with 429 when a key has made its requests of this minute."""
    quota = requests_of(key, parts().policy)
    standing = parts().limiter.take(quota, str(key.id)) if quota else None
    if standing is None:
        if quota:
            parts().tallies.count("requests_uncounted")
        return
    g.standing = standing
    if not standing.within:
        raise _too_many("rate_limited", f"{standing.quota.amount} requests in a minute", key, standing)


def look_for_room(key: ApiKey) -> None:
    """Before a body is read: raise `Refused` with 429 when it is more than the bytes that are left of the day."""
    quota = uploads_of(key, parts().policy)
    standing = parts().limiter.look(quota, str(key.id)) if quota else None
    if quota and standing and standing.left < max(request.content_length or 0, 1):
        raise _no_room(quota, key, standing)


def count_uploads(key: ApiKey, files: Sequence[object]) -> None:
    """Count what was accepted, be it more than was left: then the next one is refused."""
    quota = uploads_of(key, parts().policy)
    sent = sum(file.size for file in files if isinstance(file, Upload))
    if quota and sent:
        parts().limiter.take(quota, str(key.id), sent)


def install(app: Flask) -> None:
    """Tell how a key stands with every reply (draft-ietf-httpapi-ratelimit-headers, version 10)."""
    app.after_request(_tell)


def _tell(reply: Response) -> Response:
    standing: Standing | None = g.get("standing")
    if standing is not None:
        quota = standing.quota
        reply.headers["RateLimit-Policy"] = f'"{quota.name}";q={quota.amount};w={quota.seconds}'
        reply.headers["RateLimit"] = f'"{quota.name}";r={standing.left};t={standing.more_in}'
    return reply


def _no_room(quota: Quota, key: ApiKey, standing: Standing) -> Refused:
    what = f"{quota.amount} uploaded bytes in a day, {standing.left} of which are left"
    return _too_many("upload_quota_exceeded", what, key, standing)


def _too_many(code: str, what: str, key: ApiKey, standing: Standing) -> Refused:
    parts().tallies.count("requests_limited", limit=standing.quota.name)
    log.info("request_limited", key=key.prefix, limit=standing.quota.name)
    seconds = max(int(standing.more_in), 1)
    return refused(429, code, f"This API key may have {what}.", Retry_After=str(seconds))
