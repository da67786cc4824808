"""FastAPI and asyncio: the caller may go away, the server may stop; no run is left between its row and the queue.

uvicorn examples.guard_fastapi:app
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from guards import AsyncGuard, Outcome, current_async_guard, pre_dispatch_guard
from guards.memory import MemoryLedger

LIMIT = 10_000
"""Bytes of a document."""


class TooLarge(Exception):
    """The document is too large."""


@dataclass
class Parts:
    """What a request works with; a database takes the place of the ledger in memory."""

    ledger: MemoryLedger[int] = field(default_factory=MemoryLedger)
    queue: asyncio.Queue[int] = field(default_factory=asyncio.Queue)
    folder: Path = field(default_factory=lambda: Path(mkdtemp()))
    done: list[int] = field(default_factory=list)


parts, numbers = Parts(), count(1)


async def work() -> None:
    while True:
        run = await parts.queue.get()
        if parts.ledger.claim(run):  # not if the run was taken back
            parts.done.append(run)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    worker = asyncio.create_task(work())
    yield
    worker.cancel()


app = FastAPI(lifespan=lifespan)


def refused(outcome: Outcome) -> JSONResponse:
    return JSONResponse({"run": outcome.run, "error": outcome.reason}, 422 if outcome.failed else 202)


@app.post("/runs", status_code=202, response_model=None)
@pre_dispatch_guard(parts.ledger, run_id=int, on_error=refused)
async def submit(request: Request) -> dict[str, int]:
    """The signature survives the decorator, so FastAPI sees its parameters."""
    guard: AsyncGuard[int] = current_async_guard()
    run = next(numbers)
    await guard.open(create, run, guard.token)
    path = parts.folder / str(run)
    guard.on_failure(asyncio.to_thread, path.unlink, missing_ok=True)
    with path.open("wb") as file:
        async for block in request.stream():
            file.write(block)
            if file.tell() > LIMIT:
                raise TooLarge(f"more than {LIMIT} bytes")
    await guard.dispatch(parts.queue.put, run)
    return {"run": run}


def create(run: int, token: str) -> int:
    parts.ledger.add(run, token)
    return run
