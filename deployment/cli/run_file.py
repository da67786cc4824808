"""`flask run-file`: posts files over HTTP as a caller does, shows a bar for each, prints the result."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import click

from deployment.cli.command import command
from deployment.cli.deploy import base_url
from deployment.cli.output import json_option
from deployment.clock import utcnow
from deployment.deployments import find_deployment
from deployment.issuing import create_key, key_by_prefix, revoke_key
from deployment.parts import current_parts

KEY_LIFE = timedelta(hours=1)
"""How long a key of our own lives if this command is killed before it revokes it."""

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
    from deployment.cli.posting import run_files

    endpoint = f"{url or base_url()}/deployment/api/{organization}/{name}/"
    with _key(organization, name, key) as bearer:
        told = run_files(endpoint, bearer, files, quiet=as_json)
    click.echo(json.dumps(told, indent=None if as_json else 2, ensure_ascii=False))
    if told["status"] != "COMPLETED":
        sys.exit(1)


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
            revoke_key(session, key_by_prefix(session, key))
