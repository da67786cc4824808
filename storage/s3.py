"""Objects in a bucket of S3, or of a server that speaks its protocol.

It needs the permissions s3:PutObject, GetObject, DeleteObject and AbortMultipartUpload on the objects, and
s3:ListBucket and ListBucketMultipartUploads on the bucket, which must exist.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator

from minio.deleteobjects import DeleteObject
from minio.helpers import check_bucket_name

from storage.body import opened
from storage.digesting import DigestingReader
from storage.errors import StorageError, raise_first
from storage.keys import checked_key, checked_prefix
from storage.object_store import Source, StoredObject
from storage.s3_client import Client
from storage.s3_errors import by_code
from storage.s3_http import http_client
from storage.translation import translated

PART_BYTES = 8 * 1024 * 1024
"""What is smaller is one request; what is larger goes up in such parts, three of which are in memory at most."""


class S3Store:
    """An `ObjectStore` in a bucket. Making one connects to nothing."""

    def __init__(
        self,
        *,
        endpoint: str,
        key: str,
        secret: str,
        bucket: str,
        secure: bool,
        region: str | None,
        connect_seconds: float,
        read_seconds: float,
    ) -> None:
        """Raises `ValueError` if the SDK refuses bucket, endpoint or region."""
        check_bucket_name(bucket)
        self._endpoint, self._key, self._secret = endpoint, key, secret
        self._bucket, self._secure, self._region = bucket, secure, region or _region_of(endpoint)
        self._limits = (connect_seconds, read_seconds)
        self._clients = {os.getpid(): self._new_client()}

    @property
    def address(self) -> str:
        return f"s3://{self._endpoint}/{self._bucket}"

    def put(self, key: str, source: Source) -> StoredObject:
        reader = DigestingReader(source)
        with translated("write", checked_key(key, "write")):
            self._client.put_stream(self._bucket, key, reader, PART_BYTES)
        return reader.digest

    def open(self, key: str) -> io.BufferedReader:
        with translated("read", checked_key(key, "read")):
            return opened(self._client.get_object(self._bucket, key), key)

    def copy(self, source: str, key: str) -> None:
        checked_key(key, "write")
        with translated("copy", checked_key(source, "copy")):
            copied = self._client.copy_within(self._bucket, source, key)
        if not copied:
            with self.open(source) as content:
                self.put(key, content)

    def keys(self, prefix: str) -> Iterator[str]:
        if prefix:
            checked_prefix(prefix, "list")
        with translated("list", prefix or self.address):
            for found in self._client.list_objects(self._bucket, prefix=prefix, recursive=True):
                yield found.object_name

    def delete_prefix(self, prefix: str) -> None:
        checked_prefix(prefix, "delete")
        failures: list[StorageError] = []
        # Uploads first: one that is completed meanwhile is then seen by the listing of objects.
        for step in (self._abort_uploads, self._delete_objects):
            try:
                failures += step(prefix)
            except StorageError as error:
                failures.append(error)
        raise_first(failures)

    def _abort_uploads(self, prefix: str) -> Iterator[StorageError]:
        with translated("delete", prefix):
            uploads = list(self._client.unfinished(self._bucket, prefix))
        for upload in uploads:
            try:
                with translated("delete", upload.object_name):
                    self._client.abort(self._bucket, upload)
            except StorageError as error:
                yield error

    def _delete_objects(self, prefix: str) -> Iterator[StorageError]:
        # All keys first: a server that counts pages would skip some if objects went meanwhile.
        with translated("delete", prefix):
            found = self._client.list_objects(self._bucket, prefix=prefix, recursive=True)
            objects = [DeleteObject(each.object_name) for each in found]
            for refused in self._client.remove_objects(self._bucket, objects) if objects else ():
                yield by_code(refused.code, refused.message, "delete", refused.name or prefix)

    @property
    def _client(self) -> Client:
        """One for each process: after a fork the parent's is kept and not touched, its connections are in use."""
        return self._clients.get(os.getpid()) or self._clients.setdefault(os.getpid(), self._new_client())

    def _new_client(self) -> Client:
        return Client(
            self._endpoint,
            self._key,
            self._secret,
            secure=self._secure,
            region=self._region,
            http_client=http_client(*self._limits),
        )


def _region_of(endpoint: str) -> str | None:
    """What to sign for: Amazon's hosts have their region in the name (else the SDK asks once), others do not care."""
    return None if ".amazonaws.com" in endpoint else "us-east-1"
