"""The clients of a soak: they submit, look at what they have submitted, stop some of it, and note what is told."""

from __future__ import annotations

import random
import threading
from typing import Any
from uuid import UUID

import httpx

from tests import loopback
from tests.faults.tally import Tally

ENDS = {"COMPLETED", "ERROR", "STOPPED"}
FILES = (1, 1, 3)
"""How many files a run has, by chance."""
WAITS = ("0", "0", "0", "5")
STOPPED = 0.03
"""The share of accepted runs that are stopped at once."""
LOOKS = 0.3
"""How many times it looks at what it has submitted, for each time that it submits."""
PAUSE_SECONDS = 0.5
"""After a refusal or a connection that broke."""


class Client:
    """One caller; `call` until it is `over`."""

    def __init__(self, url: str, path: str, key: str, tally: Tally) -> None:
        self._url, self._path, self._tally = url, f"{url}{path}", tally
        self._headers = {"Authorization": f"Bearer {key}"}
        self._mine: list[UUID] = []

    def call(self, over: threading.Event) -> None:
        with loopback.Client(headers=self._headers, timeout=30) as http:
            while not over.is_set():
                try:
                    pause = 0 if self._submit(http) else PAUSE_SECONDS
                    self._look(http)
                except httpx.TransportError as error:
                    self._tally.reply(type(error).__name__)
                    pause = PAUSE_SECONDS
                over.wait(pause)

    def _submit(self, http: httpx.Client) -> bool:
        text = f"document number {random.getrandbits(64):x}"
        files = [("files", (f"{number}.txt", f"{text}, part {number}")) for number in range(random.choice(FILES))]
        self._tally.submit()
        reply = http.post(self._path, data={"timeout": random.choice(WAITS)}, files=files)
        self._tally.reply(str(reply.status_code))
        message = reply.json()["message"]
        if reply.status_code == 200:
            self._accepted(http, UUID(message["execution_id"]), text)
        if message["execution_status"] in ENDS:
            self._told(message["execution_id"], message["execution_status"])
        return reply.status_code == 200

    def _accepted(self, http: httpx.Client, run: UUID, text: str) -> None:
        self._tally.accepted[run] = text
        self._mine.append(run)
        if random.random() < STOPPED:
            reply = http.post(f"{self._url}/v1/executions/{run}/stop")
            self._tally.reply(f"{reply.status_code} to a stop")
            if reply.status_code == 202:
                self._told(str(run), "STOPPED")

    def _look(self, http: httpx.Client) -> None:
        """At one of its runs, whichever; a reply that is none of a run says nothing about it."""
        if self._mine and random.random() < LOOKS:
            run = random.choice(self._mine)
            told: dict[str, Any] = http.get(self._path, params={"execution_id": str(run)}).json()
            if told.get("status") in ENDS:
                self._told(str(run), told["status"])

    def _told(self, run: str, status: str) -> None:
        with self._tally.lock:
            self._tally.told[UUID(run)].add(status)
