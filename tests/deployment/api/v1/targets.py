"""What there is to ask about: requests that are made up meet nothing, so most of them are aimed at this."""

from __future__ import annotations

import io
from random import Random
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from deployment.deletion import delete_run
from deployment.keys import digest
from deployment.models import LIVE, ApiKey, Delivery, Deployment, Execution, ExecutionFile, FileStatus, WebhookEndpoint
from deployment.stop import AlreadyEnded, stop
from tests.airlock import HELLO, Airlock, File

SPARE = "spare"
"""A deployment that may be changed and deleted, and is made again."""
BAD: File = ("bad.bin", bytes(range(256)))
MISSES = 5
"""One of so many is left as it was made up."""
LONGEST_WAIT = 1
"""Seconds for a run that may not end by itself."""


class Targets:
    """What a deployment, its organisation and their keys have."""

    def __init__(self, airlock: Airlock, receiver: str) -> None:
        self._airlock, self._receiver, self._cursors = airlock, receiver, dict[str, str]()

    def aim(self, case: Any) -> dict[str, Any]:
        """Put in what there is for what was made up; returns what is to be sent in place of the body, if anything."""
        chance = Random(repr((case.path_parameters, case.query, case.body)))
        if chance.randrange(MISSES) == 0:
            return {}
        self._aim_path(case, chance)
        self._aim_query(case, chance)
        for name in [name for name in case.headers or {} if name.lower() == "prefer"]:
            del case.headers[name]
        return self._body(case, chance)

    def learn(self, case: Any, told: Any) -> None:
        """Remember where a list goes on."""
        if isinstance(told, dict) and told.get("next_cursor"):
            self._cursors[case.operation.path] = told["next_cursor"]

    def _aim_path(self, case: Any, chance: Random) -> None:
        given = case.path_parameters or {}
        changes = case.method in ("DELETE", "PATCH") and case.operation.path.endswith("/{name}")
        named = {"org": self._airlock.organization, "name": self._spare() if changes else "text"}
        for name, value in named.items():
            if name in given and "{org}" in case.operation.path:
                given[name] = value
        for name, found in self._ids(case).items():
            if name in given and found:
                given[name] = str(chance.choice(found))
        if "number" in given:
            given["number"] = chance.choice([0, 1, 2, 9])

    def _aim_query(self, case: Any, chance: Random) -> None:
        query = case.query or {}
        if "wait" in query:
            query["wait"] = chance.choice([0, LONGEST_WAIT])
        if "cursor" in query:
            known = self._cursors.get(case.operation.path)
            query.pop("cursor")
            query.update({"cursor": known} if known else {})
        if "deployment" in query:
            query["deployment"] = "text"

    def _body(self, case: Any, chance: Random) -> dict[str, Any]:
        """Real documents, where the document says no more than that they are bytes."""
        if case.media_type != "multipart/form-data" or chance.randrange(2):
            return {}
        name, content = chance.choice([HELLO, BAD])
        fields = chance.choice([{}, {"tags": "a,b"}, {"metadata": '{"case": 7}', "deadline": "60"}, {"options": "{}"}])
        fields = fields if "/v1/" in case.operation.path else {}
        if case.operation.schema.app is not None:  # Werkzeug's client has files among the fields
            return {"data": {**fields, "files": (io.BytesIO(content), name)}}
        return {"files": [("files", (name, content))], "data": fields}

    def _spare(self) -> str:
        Airlock(self._airlock.app, organization=self._airlock.organization, name=SPARE)
        return SPARE

    def _ids(self, case: Any) -> dict[str, list[UUID]]:
        """Of what the path names."""
        wanted = case.path_parameters or {}
        if "endpoint_id" in wanted:
            add_endpoint(self._airlock, self._receiver)  # an earlier request may have removed it
        questions = self._questions(case)
        with self._airlock.parts.database.reading() as session:
            return {name: list(session.scalars(each)) for name, each in questions.items() if name in wanted}

    def _questions(self, case: Any) -> dict[str, sa.Select[UUID]]:
        """Keys without the one that asks: it would be revoked. What is deleted is mostly what is deleted already."""
        here = Deployment.organization.has(name=self._airlock.organization)
        mine = sa.select(Deployment.id).where(Deployment.name == "text", here)
        runs = sa.select(Execution.id).where(Execution.deployment_id.in_(mine))
        if case.operation.path.endswith("/events"):
            runs = runs.where(Execution.status.not_in(LIVE))
        deletes = case.method == "DELETE"
        order = Execution.created_at if deletes else Execution.created_at.desc()
        runs = runs.order_by(order).limit(5 if deletes else 30)
        succeeded = ExecutionFile.status == FileStatus.SUCCESS
        organizations = sa.select(Deployment.organization_id).where(here)
        others = ApiKey.sha256 != digest(self._airlock.key)
        return {
            "execution_id": runs,
            "file_id": sa.select(ExecutionFile.id).where(succeeded, ExecutionFile.execution_id.in_(runs)),
            "endpoint_id": sa.select(WebhookEndpoint.id).where(WebhookEndpoint.deployment_id.in_(mine)),
            "delivery_id": sa.select(Delivery.id).where(Delivery.deployment_id.in_(mine)).limit(30),
            "key_id": sa.select(ApiKey.id).where(ApiKey.organization_id.in_(organizations), others).limit(30),
        }


def add_endpoint(airlock: Airlock, receiver: str) -> None:
    """Unless there is one; its secret is there, too, then."""
    webhooks = f"/v1/deployments/{airlock.organization}/text/webhooks"
    airlock.client.post(webhooks, json={"url": receiver}, headers=airlock.headers)


def populate(airlock: Airlock, receiver: str) -> None:
    """Runs in every state, of several files; an endpoint that is told of them, and keys."""
    add_endpoint(airlock, receiver)
    for _ in range(3):
        airlock.client.post("/v1/keys", json={"label": "spare"}, headers=airlock.headers)
    for files in ([HELLO], [HELLO, BAD], [BAD], [HELLO]):
        airlock.accept(files, tags="a")
    stopped, deleted = airlock.accept(), airlock.accept()
    for run in (stopped, deleted):
        try:
            stop(airlock.parts, run, "a test")
        except AlreadyEnded:
            continue
    delete_run(airlock.parts, deleted, "a test")
