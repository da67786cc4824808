"""rq-dashboard at /rq: who may see it, that looking changes nothing, and that its known holes are closed."""

from __future__ import annotations

import pickle
import threading
import zlib
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from freezegun import freeze_time
from playwright.sync_api import Page as Tab
from redis import Redis
from werkzeug.serving import make_server

from deployment import lifecycle
from deployment.clock import utcnow
from deployment.dispatch import Ticket
from deployment.models import Role
from deployment.reconcile import reconcile
from jobs.connections import working
from jobs.queue import QUEUE
from tests.airlock import Airlock
from tests.deployment.console.browser import HTML, PASSWORD, Browser, person

LOOKS = (
    "/rq/",
    "/rq/0/view/workers",
    "/rq/0/view/jobs",
    f"/rq/0/view/jobs/{QUEUE}/queued/8/asc/1",
    "/rq/0/data/queues.json",
    "/rq/0/data/workers.json",
    *(
        f"/rq/0/data/jobs/{QUEUE}/{name}/8/{order}/1.json"
        for name in ("queued", "failed", "started")
        for order in ("asc", "dsc")
    ),
)
HOSTILE = "<img src=x onerror='window.taken=1'><script>window.taken=1</script>"


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with working(redis_url) as connection:
        yield connection


def everything(redis: Redis) -> dict[bytes, bytes | None]:
    """Each key of the queue's server, with its value."""
    return {key: redis.dump(key) for key in sorted(redis.scan_iter("rq:*"))}


def store_job(redis: Redis, job_id: str, **fields: Any) -> None:
    """A job that somebody else has put there, at the head of our queue."""
    job: dict[Any, Any] = {
        "created_at": "2026-11-27T00:00:00.000000Z",
        "origin": QUEUE,
        "status": "queued",
        "data": zlib.compress(b'["jobs.tasks.run_file", null, [], {}]'),
        **fields,
    }
    redis.hset(f"rq:job:{job_id}", mapping=job)
    redis.sadd("rq:queues", f"rq:queue:{QUEUE}")
    redis.lpush(f"rq:queue:{QUEUE}", job_id)


@pytest.mark.parametrize("who", [None, (Role.OPERATOR, None), (Role.ADMINISTRATOR, "acme")])
def test_only_administrators_of_the_installation_see_it_its_files_included(airlock: Airlock, who: Any) -> None:
    browser = person(airlock.app, *who) if who else Browser(airlock.app)
    for path in (*LOOKS, "/rq/static/js/jquery-3.5.1.min.js", "/rq/favicon.ico"):
        reply = browser.client.get(path, headers=HTML)
        assert reply.status_code == (403 if who else 303), path


def test_looking_changes_nothing(airlock: Airlock, redis: Redis) -> None:
    """With a run that waits, one that has ended, a job whose hash is gone, and a worker that was killed."""
    airlock.accept()
    airlock.work()
    airlock.accept()
    redis.lpush(f"rq:queue:{QUEUE}", "gone")
    redis.sadd("rq:workers", "rq:worker:killed")
    browser, before = person(airlock.app), everything(redis)
    for path in LOOKS:
        with browser.client.get(path, headers=HTML) as reply:
            assert reply.status_code == 200, path
    job_id = airlock.tickets()[-1]
    for path in (f"/rq/0/view/job/{job_id}", f"/rq/0/data/job/{job_id}.json"):
        assert browser.client.get(path, headers=HTML).status_code == 200
    assert everything(redis) == before


@pytest.mark.parametrize(
    "path", [f"/rq/requeue/{QUEUE}", "/rq/job/x/delete", "/rq/job/x/requeue", f"/rq/queue/{QUEUE}/queued/empty"]
)
def test_nothing_is_changed_by_a_get_or_without_a_token(airlock: Airlock, redis: Redis, path: str) -> None:
    airlock.accept()
    browser, before = person(airlock.app), everything(redis)
    assert browser.client.get(path, headers=HTML).status_code == 405
    assert browser.client.post(path, headers=HTML).status_code == 400
    elsewhere = {**HTML, "Origin": "https://evil.example", "X-CSRFToken": "x"}
    assert browser.client.post(path, headers=elsewhere).status_code == 400
    assert everything(redis) == before


class Bomb:
    """What runs when it is unpickled."""

    def __reduce__(self) -> Any:
        return exec, ("import tests.jobs.test_dashboard as here; here.went_off.append(1)",)


went_off: list[int] = []


def test_what_is_pickled_in_redis_is_not_unpickled(airlock: Airlock, redis: Redis) -> None:
    bomb = pickle.dumps(Bomb())
    store_job(redis, "bomb", data=zlib.compress(bomb), meta=bomb, result=bomb)
    browser = person(airlock.app)
    for path in (*LOOKS, "/rq/0/view/job/bomb", "/rq/0/data/job/bomb.json"):
        with browser.client.get(path, headers=HTML) as reply:
            assert reply.status_code < 500, path
    assert went_off == []


@pytest.mark.parametrize("path", ["/rq/0/view/job/none", "/rq/7/view/jobs", f"/rq/0/data/jobs/{QUEUE}/x/8/asc/1.json"])
def test_what_is_not_there_is_told(airlock: Airlock, path: str) -> None:
    assert person(airlock.app).client.get(path, headers=HTML).status_code == 404


@pytest.fixture
def server(app: Flask) -> Iterator[str]:
    """The application on a port, for a browser."""
    serving = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=serving.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{serving.server_port}"
    serving.shutdown()
    thread.join()
    serving.server_close()


@pytest.fixture
def admin(app: Flask, server: str, tab: Tab) -> Tab:
    """Somebody who may see it, in a real browser."""
    person(app)
    tab.goto(f"{server}/login")
    tab.fill("#name", "ada")
    tab.fill("#password", PASSWORD)
    tab.click("main button")
    return tab


@pytest.mark.slow
@pytest.mark.parametrize("field", ["description", "exc_info", "meta"])
def test_no_script_of_a_job_runs_and_the_pages_work(admin: Tab, server: str, redis: Redis, field: str) -> None:
    hostile = b'{"a": "%s"}' % HOSTILE.encode() if field == "meta" else HOSTILE
    store_job(redis, "hostile", **{field: hostile} if field != "exc_info" else {})
    store_job(redis, "unreadable", exc_info="not compressed")
    if field == "exc_info":
        told: dict[Any, Any] = {
            "type": "2",
            "created_at": "1",
            "exc_string": b64encode(zlib.compress(HOSTILE.encode())),
        }
        redis.xadd("rq:results:hostile", told)  # where RQ looks for it
    admin.goto(f"{server}/rq/0/view/jobs/{QUEUE}/queued/8/asc/1")
    admin.wait_for_selector("table#jobs tbody tr[data-job-id=hostile]")
    admin.goto(f"{server}/rq/0/view/job/hostile")
    admin.wait_for_function("document.querySelector('#job-data').textContent.includes('Origin queue')")
    assert admin.evaluate("window.taken") is None
    assert admin.locator("#job-data img, #job-data script").count() == 0
    if field == "description":
        assert HOSTILE in admin.inner_text("#job-data")
    if field == "exc_info":
        assert HOSTILE in admin.inner_text(".exc_info")


@pytest.mark.slow
def test_its_buttons_act(admin: Tab, server: str, redis: Redis) -> None:
    store_job(redis, "one")
    admin.goto(f"{server}/rq/0/view/jobs/{QUEUE}/queued/8/asc/1")
    admin.wait_for_selector("tr[data-job-id=one]")
    admin.click("#empty-btn")
    admin.click("#confirmation-modal-yes")
    admin.wait_for_function("document.querySelector('table#jobs tbody').textContent.includes('No jobs')")
    assert redis.llen(f"rq:queue:{QUEUE}") == 0


PRESSED = {
    "delete": "/rq/job/{job}/delete",
    "requeue": "/rq/job/{job}/requeue",
    "empty": f"/rq/queue/{QUEUE}/queued/empty",
    "empty what has failed": f"/rq/queue/{QUEUE}/failed/empty",
    "empty what is started": f"/rq/queue/{QUEUE}/started/empty",
    "empty what is finished": f"/rq/queue/{QUEUE}/finished/empty",
    "requeue all": f"/rq/requeue/{QUEUE}",
    "compact": f"/rq/queue/{QUEUE}/compact",
}


def press(browser: Browser, button: str, job: str) -> int:
    token = browser.open("/account").form("/logout")["csrf_token"]
    path = PRESSED[button].format(job=job)
    return browser.client.post(path, headers={**HTML, "X-CSRFToken": token}).status_code


def rescue(airlock: Airlock) -> None:
    """What the reconciler does when a lease is over, then a worker."""
    with freeze_time(utcnow() + timedelta(minutes=1)):
        reconcile(airlock.parts)
    airlock.work()


@pytest.mark.parametrize("button", PRESSED)
def test_whatever_is_pressed_on_a_run_that_waits_it_completes_once(airlock: Airlock, button: str) -> None:
    run = airlock.accept()
    assert press(person(airlock.app), button, airlock.tickets()[0]) in (200, 404, 409)
    rescue(airlock)
    ended = airlock.run(run)
    assert (ended.status, ended.files[0].attempt) == ("COMPLETED", 1)
    assert airlock.tickets() == []


@pytest.mark.parametrize("button", PRESSED)
def test_whatever_is_pressed_on_a_run_that_is_worked_on_it_ends_once(airlock: Airlock, button: str) -> None:
    """The worker goes on, whatever RQ thinks of its job."""
    run = airlock.accept()
    (job,) = airlock.tickets()
    ticket = Ticket(run, airlock.run(run).files[0].id, 1, 1)
    with airlock.parts.database.writing() as session:
        assert lifecycle.claim(session, ticket, "a worker", airlock.parts.policy)
    assert press(person(airlock.app), button, job) in (200, 404, 409)
    airlock.work()
    with airlock.parts.database.writing() as session:
        assert lifecycle.fail(session, ticket, airlock.parts.policy, "as it went").won
    airlock.work()
    ended = airlock.run(run)
    assert (ended.status, ended.error, ended.files[0].attempt) == ("ERROR", "as it went", 1)


@pytest.mark.parametrize("button", PRESSED)
def test_whatever_is_pressed_on_a_run_that_has_ended_it_stays_as_it_ended(airlock: Airlock, button: str) -> None:
    run = airlock.accept()
    (job,) = airlock.tickets()
    airlock.work()
    assert press(person(airlock.app), button, job) in (200, 404, 409)
    before = airlock.run(run)
    rescue(airlock)
    after = airlock.run(run)
    assert (after.status, after.ended_at, after.files[0].attempt) == ("COMPLETED", before.ended_at, 1)
    assert airlock.get(run).status_code == 200
