"""Wake-ups through Redis' pub/sub: see `deployment.wakeups`. One connection for all who wait in a process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

import structlog
from redis import Redis, RedisError
from redis.client import PubSub
from sqlalchemy.exc import SQLAlchemyError

from deployment.causes import cause_of
from deployment.wakeups import Waiters

log = structlog.get_logger()

CHANNEL = "airlock:changed"
AWAY_SECONDS = 5.0
"""How long a Redis that did not answer is told nothing: no change of a run waits for each other one's timeout."""
LINGER_SECONDS = 30.0
"""How long the connection is kept when nobody waits any more."""
LOOK_SECONDS = 2.0
"""How often the rows are looked at all the same: a process may be killed between its commit and its wake-up."""
FIRST_LOOK, LAST_LOOK = 0.02, 0.5
"""The same for each waiter without Redis, where the pauses double from the first to the last."""


Ended = Callable[[Collection[UUID]], Iterable[UUID]]
"""Those of these runs that have ended."""


class RedisWakeups:
    """Publishes on one channel; a thread listens to it while somebody waits here.

    That thread also looks, for all who wait at once: a thousand who looked by themselves would keep a processor busy.
    """

    def __init__(self, redis: Redis, ended: Ended) -> None:
        self._redis, self._ended = redis, ended
        self._waiters = Waiters()
        self._subscribed = threading.Event()
        self._start = threading.Lock()
        self._listener: threading.Thread | None = None
        self._listen_until = self._publish_from = self._looked_at = 0.0

    def publish(self, execution_ids: Iterable[UUID]) -> None:
        if time.monotonic() < self._publish_from:
            return
        try:
            pipeline = self._redis.pipeline(transaction=False)
            for execution_id in execution_ids:
                pipeline.publish(CHANNEL, str(execution_id))
            pipeline.execute()
        except RedisError as error:
            self._publish_from = time.monotonic() + AWAY_SECONDS
            log.warning("wakeups_not_published", error=cause_of(error))

    @contextmanager
    def waiting(self, execution_id: UUID) -> Iterator[_Waiter]:
        with self._waiters.event(execution_id) as event:
            self.listen()
            yield _Waiter(self, event)

    @property
    def subscribed(self) -> bool:
        """Whether what is published is heard here."""
        return self._subscribed.is_set()

    def listen(self) -> None:
        """See that the thread lives: it ends when nobody has waited for a while."""
        with self._start:
            self._listen_until = time.monotonic() + LINGER_SECONDS
            if self._listener is None or not self._listener.is_alive():
                self._listener = threading.Thread(target=self._listen, name="wakeups", daemon=True)
                self._listener.start()

    def close(self) -> None:
        """End the thread, which wakes by the message, and its connection."""
        with self._start:
            listener, self._listener, self._listen_until = self._listener, None, 0.0
        if listener is not None:
            with suppress(RedisError):
                self._redis.publish(CHANNEL, "")
            listener.join(AWAY_SECONDS)
        self._redis.close()

    def _listen(self) -> None:
        while self._wanted():
            try:
                with self._redis.pubsub() as pubsub:  # type: ignore[no-untyped-call]
                    pubsub.subscribe(CHANNEL)
                    while self._wanted():
                        self._hear(pubsub)
                        self._look()
            except RedisError as error:
                log.warning("wakeups_not_heard", error=cause_of(error))
                self._forget()
                time.sleep(LAST_LOOK)
        self._forget()

    def _hear(self, pubsub: PubSub) -> None:
        message = pubsub.get_message(timeout=max(self._looked_at + LOOK_SECONDS - time.monotonic(), 0))
        if message is None:
            return
        if message["type"] == "subscribe":
            self._subscribed.set()
            self._waiters.wake_all()  # what was published a moment ago has not been heard
        elif message["data"]:
            self._waiters.wake(UUID(message["data"].decode()))

    def _look(self) -> None:
        if time.monotonic() < self._looked_at + LOOK_SECONDS:
            return
        self._looked_at = time.monotonic()
        try:
            for execution_id in self._ended(self._waiters.execution_ids):
                self._waiters.wake(execution_id)
        except SQLAlchemyError as error:
            log.warning("ends_not_looked_for", error=cause_of(error))

    def _forget(self) -> None:
        self._subscribed.clear()
        self._waiters.wake_all()

    def _wanted(self) -> bool:
        return time.monotonic() < self._listen_until or bool(self._waiters)


class _Waiter:
    """Sleeps until it is woken, or, while nothing is heard, for pauses that double, after which it is to look."""

    def __init__(self, wakeups: RedisWakeups, event: threading.Event) -> None:
        self._wakeups, self._event, self._pause = wakeups, event, FIRST_LOOK

    def wait(self, seconds: float) -> bool:
        self._wakeups.listen()
        heard = self._wakeups.subscribed
        woken = self._event.wait(min(seconds, LOOK_SECONDS if heard else self._pause))
        self._event.clear()
        self._pause = min(self._pause * 2, LAST_LOOK)
        return woken or not heard
