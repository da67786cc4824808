"""How the tests of the native API read an error."""

from __future__ import annotations

from typing import Any

from werkzeug.test import TestResponse

MEMBERS = {"type", "title", "status", "detail", "instance", "code", "execution_id", "errors"}


def problem(reply: TestResponse, status: int, code: str | None = None) -> dict[str, Any]:
    """The problem details of a reply, after a look at their shape (RFC 9457)."""
    assert reply.status_code == status, reply.text
    assert reply.mimetype == "application/problem+json"
    told: dict[str, Any] = reply.get_json()
    assert set(told) >= MEMBERS
    assert told["status"] == status
    assert told["type"].endswith(f"/docs/errors#{told['code']}")
    assert all(error["detail"] in told["detail"] for error in told["errors"])
    assert told["errors"][0]["code"] == told["code"]
    assert code in (None, told["code"])
    return told


def breaches(reply: TestResponse) -> set[tuple[str | None, str]]:
    """`(field, code)` of each breach of a 400."""
    return {(error["field"], error["code"]) for error in problem(reply, 400)["errors"]}


def same_but_for_the_path(first: TestResponse, second: TestResponse) -> bool:
    """Whether two problems differ in nothing but what was asked for."""
    told = [{**reply.get_json(), "instance": None} for reply in (first, second)]
    return told[0] == told[1]
