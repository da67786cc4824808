"""Presigned URLs: files that are fetched from where a caller keeps them, and streamed into the store.

A URL's query is its secret. It is in the memory of the request alone: whatever tells of a URL leaves it out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType

import httpcore

from deployment.allowed_hosts import AllowedHosts
from deployment.checked_network import AddressRefused, Deadline
from deployment.outbound import Url, connections, get
from guards import reason_of
from storage import ObjectStore, StoredObject

FETCH_SECONDS = 600.0
"""For all files of one request together, however slowly they drip."""
OK = 200
GIVEN_UP = "given up, since the execution has ended meanwhile"
CODE = re.compile(rb"<Code>([A-Za-z]{1,60})</Code>")
"""What S3 says in the body of an error: AccessDenied, SignatureDoesNotMatch, NoSuchKey, …"""


class FetchFailed(Exception):
    """A file could not be fetched; the message names the URL, without its query, and why."""

    def __init__(self, url: Url, why: str) -> None:
        super().__init__(f"{url}: {why}")


@dataclass(frozen=True)
class RemoteFile:
    """A file that is still where the caller keeps it. `name` is its name there; the rest is known once it is here."""

    name: str
    url: Url
    size: int = 0
    sha256: str = ""

    @property
    def identity(self) -> tuple[str, str]:
        """With the query, which may name a version; nobody is told of it."""
        return str(self.url), self.url.query


class Fetcher:
    """Fetches the files of one request, one after the other.

    Its files may have `limit` bytes together, and it has `taken` already. `wanted` is asked again and again: once it
    says no, there is no use in going on.
    """

    def __init__(self, hosts: AllowedHosts, limit: int, taken: int, wanted: Callable[[], bool]) -> None:
        self._limit, self._taken, self._wanted = limit, taken, wanted
        self._pool = connections(hosts.reachable, Deadline(FETCH_SECONDS))

    def fetch(self, url: Url, store: ObjectStore, key: str) -> StoredObject:
        """Store the file under `key`; raises `FetchFailed`, or `storage.StorageError`."""
        with _failures_of(url), get(self._pool, url) as reply:
            _check(reply, url)
            self._check_size(url, _announced(reply))
            stored = store.put(key, _Blocks(self._checked(url, reply.iter_stream())))
        if not stored.size:
            raise FetchFailed(url, "the file is empty")
        return stored

    def _checked(self, url: Url, blocks: Iterator[bytes]) -> Iterator[bytes]:
        for block in blocks:
            self._check_size(url, len(block))
            self._taken += len(block)
            if not self._wanted():
                raise FetchFailed(url, GIVEN_UP)
            yield block

    def _check_size(self, url: Url, more: int) -> None:
        if self._taken + more > self._limit:
            allowed = f"{self._limit // 1024 // 1024} MiB"
            raise FetchFailed(url, f"too large: all files of a request together may have {allowed}")

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.close()


class _Blocks:
    """Blocks of any size, to be read in sizes that the store asks for."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks, self._rest = blocks, b""

    def read(self, size: int, /) -> bytes:
        block = self._rest or next(self._blocks, b"")
        self._rest = block[size:]
        return block[:size]


@contextmanager
def _failures_of(url: Url) -> Iterator[None]:
    try:
        yield
    except AddressRefused as error:
        why = "the name leads to an address that is neither public nor in a network that PRESIGNED_HOSTS names for it"
        raise FetchFailed(url, why) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
        raise FetchFailed(url, reason_of(error)) from error


def _check(reply: httpcore.Response, url: Url) -> None:
    """Only a whole file that says where it ends: one that was cut off would look complete."""
    if 300 <= reply.status < 400:
        raise FetchFailed(url, f"the server answered {reply.status}; redirects are not followed")
    if reply.status != OK:
        code = CODE.search(next(reply.iter_stream(), b""))
        raise FetchFailed(url, f"the server answered {reply.status}{f' ({code[1].decode()})' if code else ''}")
    if not {b"content-length", b"transfer-encoding"} & {name.lower() for name, _ in reply.headers}:
        raise FetchFailed(url, "the server does not say where the file ends")


def _announced(reply: httpcore.Response) -> int:
    return next((int(value) for name, value in reply.headers if name.lower() == b"content-length"), 0)
