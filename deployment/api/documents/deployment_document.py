"""The OpenAPI document of one deployment: its paths written out, and the options of its workflow filled in."""

from __future__ import annotations

from typing import Any

from deployment.api.documents.document import METHODS, Document, whole_document
from deployment.api.documents.wire_document import PATH as WIRE_PATH
from deployment.models import Deployment
from workflows import Workflow

SUBMIT_PATH = "/v1/deployments/{org}/{name}/executions"
RUNS = "/v1/executions/{execution_id}"
NAMES = ("org", "name")
SUBMITTED = "Asked"
"""The schema of what is asked for beside the files, of which `options` are a part."""


def deployment_document(deployment: Deployment, workflow: Workflow) -> Document:
    """What a caller of this deployment can do, and nothing else; defaults are those of the deployment."""
    document, org, name = whole_document(), deployment.organization.name, deployment.name
    document["info"] |= {"title": f"{org}/{name}", "description": workflow.description}
    paths = document["paths"]
    document["paths"] = {
        path.format(org=org, name=name): _without_names(paths[path]) for path in (SUBMIT_PATH, WIRE_PATH)
    } | {path: item for path, item in paths.items() if path.startswith(RUNS)}
    _fill_in_options(document["components"]["schemas"], deployment, workflow)
    return document


def _without_names(item: Document) -> Document:
    for holder in (item, *(item[method] for method in METHODS if method in item)):
        if "parameters" in holder:
            holder["parameters"] = [each for each in holder["parameters"] if each["name"] not in NAMES]
    return item


def _fill_in_options(schemas: Document, deployment: Deployment, workflow: Workflow) -> None:
    options = workflow.options_model.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= options.pop("$defs", {})
    properties: dict[str, Any] = options.get("properties", {})
    for option, value in deployment.options.items():
        if option in properties:
            properties[option]["default"] = value
    schemas[SUBMITTED]["properties"]["options"] = {**options, "additionalProperties": False}
