"""The commands that run processes: `flask worker` and `flask reconcile`. `app.py` hands them the made app."""

from __future__ import annotations

import json
from importlib import import_module

import click
from flask import Flask, current_app

from deployment.parts import Parts, current_parts
from deployment.reconcile import reconcile
from deployment.rehearsal import compile_statements
from jobs import clock, connections
from jobs.queue import TASK
from jobs.supervisor import Role, Supervisor
from jobs.worker import work


def register(app: Flask) -> None:
    """Add both commands to the app's command line."""
    app.cli.add_command(worker_command)
    app.cli.add_command(reconcile_command)


@click.command("worker")
def worker_command() -> None:
    """Work on files: `WORKERS` workers and the reconciler, supervised, until SIGTERM."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    settings, parts = app.config["AIRLOCK"], current_parts()
    warm_up(parts)

    def worker() -> None:
        redis = connections.working(settings.redis_url, verify_tls=settings.redis_tls_verify)
        work(app, redis)

    roles: dict[str, Role] = {f"worker-{number}": worker for number in range(1, settings.workers + 1)}
    roles["reconciler"] = lambda: clock.reconcile_until_told_to_stop(parts)
    Supervisor(roles).run()


def warm_up(parts: Parts) -> None:
    """Once, before the forks: a work-horse lives for one file, and what it imports and compiles is lost with it."""
    parts.workflows.warm_up()
    import_module(TASK.rpartition(".")[0])
    compile_statements(parts.database, parts.policy)


@click.command("reconcile")
@click.option("--once", is_flag=True, help="One pass; print what it did.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def reconcile_command(once: bool, as_json: bool) -> None:
    """Repair what is overdue: one pass, or one after the other until SIGTERM."""
    if not once:
        clock.reconcile_until_told_to_stop(current_parts())
        return
    done = dict(reconcile(current_parts()))
    if as_json:
        click.echo(json.dumps(done))
    else:
        click.echo("\n".join(f"{name}: {count}" for name, count in sorted(done.items())) or "nothing was overdue")
