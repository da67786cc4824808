"""Two organisations, every operation, every kind of key: nobody sees or touches what is not theirs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from deployment.clock import utcnow
from deployment.database import db
from deployment.models import ApiKey, Delivery, Scope, WebhookEndpoint
from tests.airlock import Airlock
from tests.deployment.api.v1.native import Native, with_key
from tests.deployment.api.v1.problems import same_but_for_the_path

METHODS = ("get", "post", "patch", "delete")


@pytest.fixture
def theirs(airlock: Airlock) -> Airlock:
    """Another organisation, with a run that has ended."""
    other = Airlock(
        airlock.app, organization="others", name="theirs", keep_inputs=True, webhook="https://example.com/x"
    )
    other.work_here(other.accept())
    return other


def operations(airlock: Airlock) -> list[tuple[str, str, str]]:
    """Method, path and scope of each operation of `/v1`."""
    paths = airlock.client.get("/openapi.json").get_json()["paths"]
    return [
        (method, path.removeprefix("/v1"), (item[method]["security"][0]["api_key"] or [""])[0])
        for path, item in paths.items()
        for method in METHODS
        if path.startswith("/v1/") and method in item
    ]


def ids(airlock: Airlock) -> dict[str, str]:
    """What stands in paths, of the things of one organisation."""
    run = airlock.rows()[-1]
    with airlock.parts.database.reading() as session:
        key = session.scalars(sa.select(ApiKey.id).where(ApiKey.prefix == airlock.key[:12])).one()
        endpoint = session.scalars(sa.select(WebhookEndpoint.id)).first()
        delivery = session.scalars(sa.select(Delivery.id)).first()
    return {
        "org": airlock.path.split("/")[3],
        "name": airlock.path.split("/")[4],
        "execution_id": str(run.id),
        "file_id": str(airlock.run(run.id).files[0].id),
        "number": "1",
        "key_id": str(key),
        "endpoint_id": str(endpoint or uuid4()),
        "delivery_id": str(delivery or uuid4()),
    }


def unknown() -> dict[str, Any]:
    made: dict[str, Any] = {"org": "nobody", "name": "nothing", "number": "1"}
    return made | {f"{kind}_id": str(uuid4()) for kind in ("execution", "file", "key", "delivery", "endpoint")}


def everything(airlock: Airlock) -> dict[str, Any]:
    """All rows but those that a request may leave of itself: when a key was used."""
    with airlock.parts.database.reading() as session:
        return {
            name: sorted(map(_shown, session.execute(table.select()).mappings()))
            for name, table in db.metadata.tables.items()
        }


def _shown(row: Any) -> str:
    return str(sorted((column, str(value)) for column, value in row.items() if column != "last_used_at"))


def test_what_is_others_looks_like_nothing_and_stays_as_it_is(airlock: Airlock, theirs: Airlock) -> None:
    mine, about, nothing = with_key(airlock), ids(theirs), unknown()
    narrow = with_key(airlock, deployment="text")
    before = everything(airlock)
    asked = [each for each in operations(airlock) if "{" in each[1] and not each[1].startswith("/workflows")]
    assert len(asked) >= 15
    for method, path, _ in asked:
        for native in (mine, narrow):
            told = native(method, path.format(**about)), native(method, path.format(**nothing))
            assert [reply.status_code for reply in told] == [404, 404], (method, path, told[0].text)
            assert same_but_for_the_path(*told), (method, path)
    assert everything(airlock) == before


def test_what_is_another_deployments_looks_like_nothing_to_a_key_of_one(airlock: Airlock) -> None:
    other = Airlock(airlock.app, name="second", keep_inputs=True, webhook="https://example.com/x")
    other.work_here(other.accept())
    narrow, about = with_key(airlock, deployment="text"), ids(other)
    before = everything(airlock)
    for method, path, _ in operations(airlock):
        if "{" in path and not path.startswith("/workflows"):
            assert narrow(method, path.format(**about)).status_code == 404, (method, path)
    assert everything(airlock) == before


def test_without_a_key_that_works_there_is_nothing(airlock: Airlock, theirs: Airlock) -> None:
    expired = with_key(airlock, expires_at=utcnow() - timedelta(seconds=1))
    revoked = with_key(airlock)
    with airlock.parts.database.writing() as session:
        session.query(ApiKey).filter_by(prefix=revoked.key[:12]).update({"active": False})
    mine = ids(airlock) if airlock.rows() else unknown()
    keys = [expired, revoked, Native(airlock, ""), Native(airlock, "alk_" + "x" * 43)]
    for method, path, _ in operations(airlock):
        for native in keys:
            assert native(method, path.format(**{**unknown(), **mine})).status_code == 401, (method, path)


def test_without_the_scope_an_operation_does_nothing(airlock: Airlock) -> None:
    airlock = Airlock(airlock.app, name="told", webhook="https://example.com/x")
    airlock.work_here(airlock.accept())
    about = ids(airlock)
    natives = {scope: with_key(airlock, set(Scope) - {scope}) for scope in Scope}
    before = everything(airlock)
    for method, path, scope in operations(airlock):
        if scope:
            assert natives[Scope(scope)](method, path.format(**about)).status_code == 403, (method, path)
    assert everything(airlock) == before
