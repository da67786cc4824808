"""Posts files as a caller does, with a bar for each.

Imported by the command alone: httpx and rich cost every other process a tenth of a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import httpx

from deployment.cli.progress import FileBars
from deployment.executions import follow
from deployment.parts import current_parts

SECONDS_TO_ANSWER = 60


def run_files(endpoint: str, key: str, files: Sequence[Path], *, quiet: bool) -> dict[str, Any]:
    """Post `files`, show their progress unless `quiet`, and return the body that tells how they ended."""
    with _client(key) as client:
        with FileBars([file.name for file in files], quiet=quiet) as bars:
            message = _post(client, endpoint, files, bars)
            for execution in follow(current_parts(), UUID(message["execution_id"])):
                bars.show(execution)
        return _ask(client.get, str(httpx.URL(endpoint).join(message["status_api"])))


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
