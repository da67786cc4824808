"""`flask doctor`: each part, used for real."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click

from deployment.cli.command import command
from deployment.cli.output import json_option, show_rows
from deployment.doctor import examine
from deployment.parts import current_parts


@command("doctor")
@json_option
def doctor_command(as_json: bool) -> None:
    """Use every part for real and say what is wrong; exit 1 if something is."""
    findings = list(examine(current_parts()))
    if as_json:
        show_rows([asdict(finding) for finding in findings], as_json, "nothing to examine")
    else:
        for finding in findings:
            click.echo(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.part}: {finding.step}")
            if not finding.ok:
                click.echo(f"      {finding.detail}\n      {finding.advice}")
    if not all(finding.ok for finding in findings):
        sys.exit(1)
