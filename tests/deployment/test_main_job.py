"""The main job: files in, structured JSON out, through the wire, the guard, the queue and a worker."""

from __future__ import annotations

from tests.airlock import Airlock


def test_a_file_comes_back_as_structured_json(airlock: Airlock) -> None:
    execution_id = airlock.accept([("hello.txt", b"Hello, world.")])
    waiting = airlock.get(execution_id)
    told = waiting.get_json()
    assert (waiting.status_code, told["status"], told["message"]) == (422, "PENDING", None)
    airlock.work()
    done = airlock.get(execution_id)
    assert done.status_code == 200
    (item,) = done.get_json()["message"]
    assert (item["file"], item["status"], item["error"]) == ("hello.txt", "Success", None)
    assert item["result"]["output"]["pages"][0]["text"].strip() == "Hello, world."
