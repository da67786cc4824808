"""The OpenAPI document of one deployment, for whoever may call it."""

from __future__ import annotations

from flask import Response, jsonify

from deployment.api.documents.deployment_document import deployment_document
from deployment.api.v1.paths import DeploymentPath
from deployment.api.v1.rights import visible_deployment
from deployment.api.v1.route import route
from deployment.models import Scope
from deployment.parts import current_parts as parts

DOCUMENT = {"description": "the document", "content": {"application/json": {"schema": {"type": "object"}}}}


@route(
    "get",
    "/deployments/<org>/<name>/openapi.json",
    Scope.READ,
    tag="Deployments",
    replies={200: DOCUMENT},
    problems=(404,),
)
def describe_deployment(path: DeploymentPath) -> Response:
    """The OpenAPI document of one deployment, with the options of its workflow."""
    deployment = visible_deployment(path.org, path.name)
    return jsonify(deployment_document(deployment, parts().workflows.get(deployment.workflow)))
