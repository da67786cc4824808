"""The OpenAPI document is valid, leaves nothing out, and for one deployment has its options filled in."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.airlock import Airlock

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture
def airlock(new_app: Callable[..., Flask], sqlite_url: str, redis_url: str) -> Airlock:
    return Airlock(new_app(database_url=sqlite_url, redis_url=redis_url))


def whole(airlock: Airlock) -> dict[str, Any]:
    document: dict[str, Any] = airlock.client.get("/openapi.json").get_json()
    return document


def own(airlock: Airlock) -> dict[str, Any]:
    reply = airlock.client.get("/v1/deployments/acme/text/openapi.json", headers=airlock.headers)
    document: dict[str, Any] = reply.get_json()
    return document


def test_it_is_a_valid_document_as_is_that_of_a_deployment(airlock: Airlock) -> None:
    for document in (whole(airlock), own(airlock)):
        assert document["openapi"].startswith("3.1")
        assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_every_route_of_both_faces_is_described(airlock: Airlock) -> None:
    served = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in airlock.app.url_map.iter_rules()
        for method in (rule.methods or set()) & METHODS
        if rule.rule.startswith(("/v1/", "/deployment/"))
    }
    paths = whole(airlock)["paths"]
    described = {(method, path) for path, item in paths.items() for method in METHODS if method.lower() in item}
    assert served == described


def test_each_operation_says_what_it_does_and_names_an_id_of_its_own(airlock: Airlock) -> None:
    operations = [
        item[method] for item in whole(airlock)["paths"].values() for method in item if method.upper() in METHODS
    ]
    assert all(operation["summary"] for operation in operations)
    assert len({operation["operationId"] for operation in operations}) == len(operations)


def test_that_of_a_deployment_has_its_paths_and_the_options_of_its_workflow(airlock: Airlock) -> None:
    document = own(airlock)
    assert "/v1/deployments/acme/text/executions" in document["paths"]
    assert "/deployment/api/acme/text/" in document["paths"]
    assert "{org}" not in str(document["paths"])
    options = document["components"]["schemas"]["Asked"]["properties"]["options"]
    assert options["properties"]["max_pages"]["default"] == 2000
    assert options["additionalProperties"] is False


def test_that_of_a_deployment_is_for_those_who_may_call_it(airlock: Airlock) -> None:
    other = Airlock(airlock.app, organization="other")
    assert airlock.client.get("/v1/deployments/other/text/openapi.json", headers=airlock.headers).status_code == 404
    assert airlock.client.get("/v1/deployments/other/text/openapi.json", headers=other.headers).status_code == 200
