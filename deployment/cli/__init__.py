"""The faces on the command line: commands for who deploys, who operates, and who calls."""

from __future__ import annotations

from flask import Flask

from deployment.cli.deliveries import deliveries_commands
from deployment.cli.deploy import deploy_command
from deployment.cli.doctor import doctor_command
from deployment.cli.executions import executions_commands
from deployment.cli.keys import keys_commands
from deployment.cli.run_file import run_file_command
from deployment.cli.users import users_commands
from deployment.cli.webhooks import webhooks_commands
from deployment.cli.workflows import workflows_command


def register(app: Flask) -> None:
    """Add the commands to the app's command line."""
    for command in (
        deliveries_commands,
        deploy_command,
        doctor_command,
        executions_commands,
        keys_commands,
        run_file_command,
        users_commands,
        webhooks_commands,
        workflows_command,
    ):
        app.cli.add_command(command)
