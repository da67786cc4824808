"""The fields of a POST, each with its rule; whoever breaks one is told which, and nothing is left behind."""

from __future__ import annotations

import io
import json
from typing import Any

from tests.airlock import HELLO, Airlock
from tests.deployment.api.wire import body, breaches, left, part, send

YES, NO = ("true", "TRUE", "True", "1", "on", "yes", "YES"), ("false", "False", "0", "off", "no")
DEEP = 10_000


def wrong(airlock: Airlock, name: str, *values: Any, code: str | None = None) -> str:
    """See that each of `values` is refused because of `name` alone; return the last detail."""
    for value in values:
        reply = airlock.post(**{name: value})
        found = breaches(reply)
        assert found == {(name, code or "invalid")}, (value, found)
    assert left(airlock) == []
    detail: str = reply.get_json()["errors"][0]["detail"]
    return detail


def test_timeout_is_an_integer_from_minus_one_to_300(airlock: Airlock) -> None:
    detail = "Ensure this value is less than or equal to 300."
    assert wrong(airlock, "timeout", "301", "999999999", code="max_value") == detail
    detail = "Ensure this value is greater than or equal to -1."
    assert wrong(airlock, "timeout", "-2", "-999999999", code="min_value") == detail
    for odd in ("", "x", "1.5", "1e2", "0x10", "NaN", "\u0663", "1" * 5000, "1\x00", "true", "null", "[1]"):
        wrong(airlock, "timeout", odd)
    for right in ("-1", "0", " 0 "):
        assert airlock.post(timeout=right).get_json()["message"]["execution_status"] == "PENDING"


def test_a_flag_is_a_boolean_in_any_usual_spelling(airlock: Airlock) -> None:
    for name in ("include_metadata", "include_metrics", "include_extracted_text", "use_file_history"):
        detail = wrong(airlock, name, "", "maybe", "2", "none", "t\u0000rue", "[]", "truefalse", "\u2713")
        assert detail == "Must be a valid boolean."
    for value in (*YES, *NO):
        assert airlock.get("no id", include_metrics=value).get_json()["errors"][0]["attr"] == "execution_id"
    assert airlock.post(include_metadata="ON", include_metrics="no", include_extracted_text="Yes").status_code == 200
    assert airlock.post(use_file_history="False").status_code == 200


def test_a_flag_of_a_get_has_the_same_rule(airlock: Airlock) -> None:
    for name in ("include_metadata", "include_metrics", "include_extracted_text"):
        reply = airlock.get("00000000-0000-0000-0000-000000000000", **{name: "maybe"})
        assert breaches(reply) == {(name, "invalid")}


def test_tags_are_words_of_at_most_50_characters_separated_by_commas(airlock: Airlock) -> None:
    wrong(airlock, "tags", "1st", "_x", "a b", "a;b", "\u00e9t\u00e9", "a" * 51, "ok,not ok", "a\x00", "x\u202e", "{}")
    many = airlock.post(tags=",".join(["0"] * 100_000))
    assert len(many.data) < 5000, "the reply does not grow with the request"
    execution_id = airlock.accept(tags=f"invoice, Q3-2026,{'a' * 50},,x_y")
    assert airlock.run(execution_id).tags == ["invoice", "Q3-2026", "a" * 50, "x_y"]


def test_custom_data_is_a_json_object_that_can_be_stored_and_sent_again(airlock: Airlock) -> None:
    wrong(
        airlock, "custom_data", "{", "{'a': 1}", '{"a": NaN}', '{"a": -Infinity}', '{"a": 1e999}', "x", "\x00", "{}{}"
    )
    assert wrong(airlock, "custom_data", "[]", "1", "null", '"x"', "true") == "Value must be a JSON object."
    for deep in ("[" * DEEP, '{"a":' * DEEP, '{"a":' * DEEP + "1" + "}" * DEEP, '{"a":' * 900 + "1" + "}" * 900):
        wrong(airlock, "custom_data", deep)
    given = {
        "case": 7,
        "nul": "\u0000",
        "half": "\ud800",
        "deep": {"er": [[[{}]]]},
        "text": "\u00e9 \U0001f600",
        "": None,
    }
    execution_id = airlock.accept(custom_data=json.dumps(given))
    assert airlock.run(execution_id).custom_data == given


def test_a_megabyte_of_custom_data_is_too_large_and_100_kilobytes_are_not(airlock: Airlock) -> None:
    large = json.dumps({"x": "y" * 1_000_000}).encode()
    reply = send(airlock, body(part('name="files"; filename="a.txt"'), part('name="custom_data"', large)))
    assert (reply.status_code, left(airlock)) == (413, [])
    assert "500000 bytes in a text field" in reply.get_json()["errors"][0]["detail"]
    assert airlock.post(custom_data=json.dumps({"x": "y" * 100_000})).status_code == 200


def test_what_is_not_served_yet_is_refused_and_not_ignored(airlock: Airlock) -> None:
    assert "not supported" in wrong(airlock, "llm_profile_id", "x", "0" * 32, code="not_supported")


def test_every_breach_of_a_request_is_named_at_once(airlock: Airlock) -> None:
    reply = airlock.post([("", b"x"), ("a.txt", b"")], timeout="x", tags="1", custom_data="[", include_metrics="?")
    assert {attr for attr, _ in breaches(reply)} == {
        "files.0",
        "files.1",
        "timeout",
        "tags",
        "custom_data",
        "include_metrics",
    }
    assert left(airlock) == []


def test_an_unknown_field_is_ignored(airlock: Airlock) -> None:
    airlock.accept(hitl_queue_name="x", unknown="\x00", other=(io.BytesIO(b"not asked for"), "other.txt"))
    (run,) = airlock.rows()
    assert run.total_files == 1


def test_a_file_where_a_text_is_expected_is_refused(airlock: Airlock) -> None:
    for name in ("timeout", "tags", "custom_data", "include_metadata", "presigned_urls", "llm_profile_id"):
        field: dict[str, Any] = {name: (io.BytesIO(b"1"), "1.txt")}
        assert breaches(airlock.post(**field)) == {(name, "invalid")}
    assert left(airlock) == []


def test_a_text_where_a_file_is_expected_is_refused(airlock: Airlock) -> None:
    reply = airlock.client.post(
        airlock.path, data={"files": ["x", "y"]}, headers=airlock.headers, content_type="multipart/form-data"
    )
    assert breaches(reply) == {("files.0", "invalid"), ("files.1", "invalid")}
    mixed = airlock.client.post(
        airlock.path, data={"files": [(io.BytesIO(HELLO[1]), "a.txt"), "text"]}, headers=airlock.headers
    )
    assert breaches(mixed) == {("files.0", "invalid")}
    assert left(airlock) == []
