"""The item of a file, key by key, with and without what a caller may ask for in addition."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from tests.airlock import HELLO, Airlock
from tests.deployment.api.wire import sealed

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
METADATA = {
    "source_name",
    "source_hash",
    "organization_id",
    "workflow_id",
    "execution_id",
    "file_execution_id",
    "tags",
    "total_elapsed_time",
    "workflow_start_time",
}


def items(airlock: Airlock, execution_id: UUID, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = airlock.get(execution_id, **query).get_json()["message"]
    return found


def run(airlock: Airlock, **fields: Any) -> UUID:
    execution_id = airlock.accept(**fields)
    airlock.work_here(execution_id)
    return execution_id


def test_a_plain_item_has_the_output_and_what_it_came_from(airlock: Airlock) -> None:
    execution_id = run(airlock, tags="a,b", custom_data='{"case": 7}')
    (item,) = items(airlock, execution_id)
    assert set(item) == {"file", "file_execution_id", "status", "error", "result", "metadata"}
    assert (item["file"], item["status"], item["error"], set(item["result"])) == (HELLO[0], "Success", None, {"output"})
    metadata = item["metadata"]
    assert set(metadata) == METADATA
    assert metadata["source_name"] == HELLO[0]
    assert metadata["source_hash"] == hashlib.sha256(HELLO[1]).hexdigest()
    assert metadata["organization_id"] == "acme"
    assert metadata["execution_id"] == str(execution_id)
    assert metadata["file_execution_id"] == item["file_execution_id"] == str(airlock.run(execution_id).files[0].id)
    assert metadata["tags"] == ["a", "b"]
    assert metadata["total_elapsed_time"] >= 0
    assert metadata["workflow_start_time"] == airlock.run(execution_id).files[0].started_at.timestamp()  # type: ignore[union-attr]


def test_each_addition_comes_when_it_is_asked_for_and_only_then(airlock: Airlock) -> None:
    execution_id = run(airlock)
    (item,) = items(airlock, execution_id, include_metadata="true")
    assert (set(item["result"]), set(item["metadata"]) - METADATA) == ({"output", "metadata"}, {"usage"})
    assert "extracted_text" not in item
    (item,) = items(airlock, execution_id, include_metrics="1")
    assert (set(item["result"]), set(item["metadata"])) == ({"output", "metrics"}, METADATA)
    (item,) = items(airlock, execution_id, include_extracted_text="YES")
    assert (set(item["result"]), item["extracted_text"].strip()) == ({"output"}, "Hello, world.")
    every = {"include_metadata": "on", "include_metrics": "on", "include_extracted_text": "on"}
    (item,) = items(airlock, execution_id, **every)
    assert set(item["result"]) == {"output", "metadata", "metrics"}
    assert {"usage"} < set(item["metadata"])
    assert item["extracted_text"]


def test_a_post_that_waits_has_the_additions_that_it_asked_for(airlock: Airlock) -> None:
    asked: dict[str, Any] = {"include_metadata": "on", "include_metrics": "on", "include_extracted_text": "on"}
    with ThreadPoolExecutor(1) as caller:
        future = caller.submit(airlock.post, timeout="30", **asked)
        execution_id = sealed(airlock).id
        airlock.work_here(execution_id)
        result = future.result().get_json()["message"]["result"]
    assert result == items(airlock, execution_id, **asked)
    assert set(result[0]["result"]) == {"output", "metadata", "metrics"}
    assert result[0]["extracted_text"]


def test_a_failed_item_has_a_reason_and_nothing_else(airlock: Airlock) -> None:
    execution_id = run(airlock, files=[("a.png", PNG)])
    (item,) = items(airlock, execution_id, include_extracted_text="on", include_metadata="on", include_metrics="on")
    assert (item["status"], item["result"], item["extracted_text"]) == ("Failed", None, None)
    assert "image/png" in item["error"]
    assert set(item["metadata"]) == METADATA | {"usage"}


def test_items_are_in_the_order_of_the_request(airlock: Airlock) -> None:
    names = [f"{number}.txt" for number in (3, 1, 2, 30, 10, 0, 7, 8, 9, 20)]
    execution_id = run(airlock, files=[(name, name.encode()) for name in names])
    found = items(airlock, execution_id)
    assert [item["file"] for item in found] == names
    assert [item["result"]["output"]["pages"][0]["text"].strip() for item in found] == names
