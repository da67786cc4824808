"""`flask deploy`: a workflow under a name, for an organisation."""

from __future__ import annotations

import click
from flask import current_app

from deployment.cli.command import command
from deployment.cli.output import json_option, show_row
from deployment.deployments import InvalidName, deploy
from deployment.outbound import InvalidUrl
from deployment.parts import current_parts
from workflows import InvalidOptions, UnknownWorkflow


@command("deploy")
@click.argument("organization", metavar="ORG")
@click.argument("name", metavar="NAME")
@click.option("--workflow", required=True, help="What runs on the documents; see `flask workflows`.")
@click.option("--option", "options", multiple=True, metavar="K=V", help="An option of the workflow; repeatable.")
@click.option("--limit", type=click.IntRange(min=1), help="Live executions of the organisation at once.")
@click.option("--single-use", is_flag=True, help="A result can be read once.")
@click.option("--keep-inputs/--no-keep-inputs", default=None, help="Keep inputs as long as results, for reruns.")
@click.option("--webhook", metavar="URL", help="Who is told of every end; empty: nobody.")
@json_option
def deploy_command(
    organization: str,
    name: str,
    workflow: str,
    options: tuple[str, ...],
    limit: int | None,
    single_use: bool,
    keep_inputs: bool | None,
    webhook: str | None,
    as_json: bool,
) -> None:
    """Create or update the deployment NAME of ORG; print its URL and, the first time, a key, once."""
    parts = current_parts()
    try:
        chosen = parts.workflows.get(workflow)
        with parts.database.writing() as session:
            deployed = deploy(
                session,
                organization,
                name,
                chosen,
                _pairs(options),
                limit=limit,
                single_use=single_use,
                keep_inputs=keep_inputs,
                webhook=webhook,
                private_webhooks=parts.policy.private_webhooks,
            )
    except (InvalidName, InvalidOptions, InvalidUrl, UnknownWorkflow) as error:
        raise click.UsageError(str(error)) from error
    path = f"/deployment/api/{organization}/{name}/"
    row = {
        "url": base_url() + path,
        "path": path,
        "api_key": deployed.new_key,
        "deployment_id": str(deployed.deployment.id),
        "organization": organization,
    }
    if webhook:
        row["webhook_secret"] = deployed.new_webhook_secret
    show_row(row, as_json)
    if not as_json and (deployed.new_key or deployed.new_webhook_secret):
        click.echo("Keep what is secret of this: it cannot be shown again.")


def base_url() -> str:
    """Where this installation's web server is reached from this machine."""
    url: str = current_app.config["AIRLOCK"].local_url
    return url


def _pairs(options: tuple[str, ...]) -> dict[str, str]:
    pairs = dict(option.partition("=")[::2] for option in options)
    for option in options:
        if "=" not in option:
            raise click.UsageError(f"--option {option}: write it as name=value")
    return pairs
