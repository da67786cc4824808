"""`flask run-file`: posts files over HTTP as a caller does, shows a bar for each, prints the result."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import httpx

from deployment.cli.command import command
from deployment.cli.deploy import base_url
from deployment.cli.output import json_option
from deployment.cli.progress import FileBars
from deployment.clock import utcnow
from deployment.deployments import find_deployment
from deployment.executions import follow
from deployment.keys import create_key, revoke_key
from deployment.parts import current_parts

KEY_LIFE = timedelta(hours=1)
"""How long a key of our own lives if this command is killed before it revokes it."""
SECONDS_TO_ANSWER = 60

existing_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@command("run-file")
@click.argument("organization", metavar="ORG")
@click.argument("name", metavar="NAME")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=existing_file)
@click.option("--key", envvar="AIRLOCK_API_KEY", help="The API key; left out, one is made, and revoked at the end.")
@click.option("--url", help="Where the web server is; left out, where HOST and PORT say.")
@json_option
def run_file_command(
    organization: str, name: str, files: tuple[Path, ...], key: str | None, url: str | None, as_json: bool
) -> None:
    """Post FILEs to the deployment NAME of ORG, show their progress, print the result."""
    endpoint = f"{url or base_url()}/deployment/api/{organization}/{name}/"
    with _key(organization, name, key) as bearer, _client(bearer) as client:
        with FileBars([file.name for file in files], quiet=as_json) as bars:
            message = _post(client, endpoint, files, bars)
            for execution in follow(current_parts(), UUID(message["execution_id"])):
                bars.show(execution)
        told = _ask(client.get, str(httpx.URL(endpoint).join(message["status_api"])))
    click.echo(json.dumps(told, indent=None if as_json else 2, ensure_ascii=False))
    if told["status"] != "COMPLETED":
        sys.exit(1)


def _post(client: httpx.Client, endpoint: str, files: Sequence[Path], bars: FileBars) -> dict[str, Any]:
    with ExitStack() as opened:
        sources = [bars.sending(index, opened.enter_context(file.open("rb"))) for index, file in enumerate(files)]
        parts = [("files", (file.name, source)) for file, source in zip(files, sources, strict=True)]
        message: dict[str, Any] = _ask(client.post, endpoint, files=parts)["message"]
    return message


def _ask(method: Any, url: str, **options: Any) -> dict[str, Any]:
    """The body of a reply about an execution; a refusal, or no reply at all, ends the command with its reason."""
    try:
        reply = method(url, **options)
        body: dict[str, Any] = reply.json()
    except httpx.TransportError as error:
        raise click.ClickException(f"No reply from {url}: {error}. Is the web server running?") from error
    except ValueError:
        raise click.ClickException(f"{url} answered {reply.status_code} without JSON: is that Airlock?") from None
    if reply.status_code not in (200, 422):
        raise click.ClickException(f"{reply.status_code}: {_reason(body)}")
    return body


def _reason(body: dict[str, Any]) -> str:
    message = body.get("message")
    return str(message.get("error") if isinstance(message, dict) else message)


def _client(key: str) -> httpx.Client:
    return httpx.Client(headers={"Authorization": f"Bearer {key}"}, timeout=SECONDS_TO_ANSWER)


@contextmanager
def _key(organization: str, name: str, given: str | None) -> Iterator[str]:
    if given:
        yield given
        return
    database = current_parts().database
    with database.writing() as session:
        deployment = find_deployment(session, organization, name)
        if deployment is None:
            raise click.UsageError(f"There is no deployment {organization}/{name}; `flask deploy` makes one.")
        key = create_key(session, deployment.organization, deployment, label="run-file", expires_at=utcnow() + KEY_LIFE)
    try:
        yield key
    finally:
        with database.writing() as session:
            revoke_key(session, key)
