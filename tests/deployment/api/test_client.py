"""The published `unstract-client`, unmodified, against a real web server and a real worker."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from unstract.api_deployments.client import APIDeploymentsClient

from deployment.api.errors import RETRY_SECONDS
from tests.airlock import Airlock
from tests.deployment.api.wire import hold_slot, release_slot
from tests.eventually import eventually
from tests.launcher.launched import Launched

NewCaller = Callable[..., Airlock]
NewClient = Callable[..., APIDeploymentsClient]
pytestmark = pytest.mark.filterwarnings("ignore:The 'initial' parameter is deprecated:DeprecationWarning")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


@pytest.fixture
def new_client(installation: Launched) -> Iterator[NewClient]:
    """A client of a deployment; everything but the URL and the key may be set."""
    made: list[APIDeploymentsClient] = []

    def make(caller: Airlock, **options: Any) -> APIDeploymentsClient:
        chosen = {"logging_level": "ERROR", "max_retries": 0, **options}
        made.append(APIDeploymentsClient(installation.url + caller.path, caller.key, **chosen))
        return made[-1]

    yield make
    for client in made:
        client.close()
    logging.getLogger("unstract").handlers.clear()


@pytest.fixture
def document(tmp_path: Path) -> Path:
    file = tmp_path / "hello.txt"
    file.write_bytes(b"Hello, world.")
    return file


def picture(tmp_path: Path) -> str:
    file = tmp_path / "a.png"
    file.write_bytes(PNG)
    return str(file)


def polled(client: APIDeploymentsClient, posted: dict[str, Any]) -> dict[str, Any]:
    """Poll as the client's own documentation does, until it is not pending any more."""
    assert posted["pending"], posted
    endpoint = posted["status_check_api_endpoint"]
    told: list[dict[str, Any]] = []

    def ended() -> bool:
        told.append(client.check_execution_status(endpoint))
        return not told[-1]["pending"]

    eventually(ended, within=20, every=0.1)
    return told[-1]


def text_of(result: list[dict[str, Any]]) -> list[str]:
    return [item["result"]["output"]["pages"][0]["text"].strip() for item in result]


def test_it_posts_polls_and_gets_the_result(new_caller: NewCaller, new_client: NewClient, document: Path) -> None:
    client = new_client(new_caller(), api_timeout=0)
    posted = client.structure_file([str(document), str(document)])
    assert (posted["status_code"], posted["execution_status"], posted["error"]) == (200, "PENDING", None)
    told = polled(client, posted)
    assert (told["status_code"], told["execution_status"], told["error"]) == (200, "COMPLETED", "")
    assert text_of(told["extraction_result"]) == ["Hello, world."] * 2
    assert client.check_execution_status(posted["status_check_api_endpoint"]) == told


def test_it_waits_for_the_result(new_caller: NewCaller, new_client: NewClient, document: Path) -> None:
    told = new_client(new_caller(), api_timeout=30, include_metadata=True).structure_file([str(document)])
    assert (told["status_code"], told["execution_status"], told["pending"]) == (200, "COMPLETED", False)
    assert text_of(told["extraction_result"]) == ["Hello, world."]
    assert "usage" in told["extraction_result"][0]["metadata"]


def test_it_sees_why_a_run_failed_in_both_modes(new_caller: NewCaller, new_client: NewClient, tmp_path: Path) -> None:
    caller, file = new_caller(), picture(tmp_path)
    waited = new_client(caller, api_timeout=30).structure_file([file])
    polling = new_client(caller, api_timeout=0)
    for told in (waited, polled(polling, polling.structure_file([file]))):
        assert (told["status_code"], told["execution_status"], told["pending"]) == (422, "ERROR", False)
        assert "image/png" in told["error"]


def test_it_sees_that_a_single_use_result_was_read(
    new_caller: NewCaller, new_client: NewClient, document: Path
) -> None:
    client = new_client(new_caller(single_use=True), api_timeout=0)
    posted = client.structure_file([str(document)])
    assert text_of(polled(client, posted)["extraction_result"]) == ["Hello, world."]
    again = client.check_execution_status(posted["status_check_api_endpoint"])
    assert (again["status_code"], again["execution_status"], again["pending"]) == (406, "COMPLETED", False)
    assert (again["error"], again["extraction_result"]) == ("Result already acknowledged", "")


def test_it_shows_why_it_was_refused(new_caller: NewCaller, new_client: NewClient, tmp_path: Path) -> None:
    caller = new_caller()
    empty = tmp_path / "empty.txt"
    empty.touch()
    for timeout, file, reason in (
        (301, picture(tmp_path), "Ensure this value is less than or equal to 300."),
        (0, str(empty), "The submitted file is empty."),
    ):
        told = new_client(caller, api_timeout=timeout).structure_file([file])
        assert (told["status_code"], told["pending"]) == (400, False)
        assert reason in told["error"]
    caller.key = "wrong"
    told = new_client(caller, api_timeout=0).structure_file([picture(tmp_path)])
    assert (told["status_code"], told["error"]) == (401, "Unauthorized")


def test_it_shows_that_a_result_is_of_another_deployment(
    new_caller: NewCaller, new_client: NewClient, document: Path
) -> None:
    posted = new_client(new_caller(), api_timeout=30).structure_file([str(document)])
    other = new_client(new_caller())
    told = other.check_execution_status(f"/x?execution_id={posted['extraction_result'][0]['metadata']['execution_id']}")
    assert (told["status_code"], told["pending"], told["error"]) == (404, False, "Execution not found")


def test_it_comes_again_after_429_when_it_was_told_to(
    new_caller: NewCaller, new_client: NewClient, document: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one slot is held until the client pauses; how long it pauses is `Retry-After`, not its own guess."""
    caller = new_caller(limit=1)
    held = hold_slot(caller)
    refused = new_client(caller, api_timeout=0).structure_file([str(document)])
    assert (refused["status_code"], refused["pending"]) == (429, False)
    assert "1 of 1 executions of this organization" in refused["error"]
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        release_slot(caller, held)

    client = new_client(caller, api_timeout=0, max_retries=1, initial_delay=100, max_delay=1000)
    with monkeypatch.context() as clock:
        clock.setattr("time.sleep", pause)
        posted = client.structure_file([str(document)])
    assert pauses == [RETRY_SECONDS]
    assert polled(client, posted)["execution_status"] == "COMPLETED"
