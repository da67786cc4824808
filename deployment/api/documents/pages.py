"""`/openapi.json`, and `/docs`: the document for programs, and for people. Nothing is fetched from elsewhere."""

from __future__ import annotations

from pathlib import Path

import flask_openapi3_swagger
from flask import Blueprint, Response, jsonify, render_template, send_from_directory

from deployment.api.codes import TITLES
from deployment.api.documents.document import whole_document

pages = Blueprint("documents", __name__, template_folder="templates", static_folder="static", static_url_path="/docs")
SWAGGER_UI = Path(flask_openapi3_swagger.__file__).parent / "templates" / "swagger"
"""Where the installed package has Swagger UI."""
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # Swagger UI sets styles of its own
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
A_DAY = 24 * 3600


@pages.get("/openapi.json")
def openapi_document() -> Response:
    """The OpenAPI document (3.1) of the whole API."""
    return jsonify(whole_document())


@pages.get("/docs")
def reader() -> str:
    """The document, to read and to try."""
    return render_template("documents/reader.html")


@pages.get("/docs/errors")
def errors() -> str:
    """What each code of a problem means: where the `type` of a problem leads."""
    return render_template("documents/errors.html", titles=TITLES)


@pages.get("/docs/swagger-ui/<path:name>")
def swagger_ui(name: str) -> Response:
    """The reader's script and style."""
    return send_from_directory(SWAGGER_UI, name, max_age=A_DAY)


@pages.after_request
def restrict(reply: Response) -> Response:
    reply.headers["Content-Security-Policy"] = POLICY
    return reply
