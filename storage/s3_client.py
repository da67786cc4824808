"""The S3 SDK with what it lacks: unfinished uploads, and answers that confirm nothing are no success."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from minio import Minio
from minio.commonconfig import CopySource
from minio.datatypes import ListMultipartUploadsResult, Upload, parse_copy_object
from minio.error import MinioException

from storage.object_store import Source
from storage.s3_errors import FACES, code_of

NOTHING_TO_LIST = {"NoSuchUpload", "NotImplemented"}
"""What servers say that have no unfinished upload at all (rclone), or do not list them."""

TO_BE_STREAMED = {"NotImplemented", "InvalidRequest", "EntityTooLarge"}
"""What servers say that copy nothing themselves, or nothing of more than 5 GiB (Amazon, MinIO)."""


class NotConfirmed(MinioException):
    """The server answered 200 without the ETag of what it has written."""


class Client(Minio):
    """As the SDK's, for one thread or many of one process."""

    def put_stream(self, bucket: str, key: str, source: Source, part_bytes: int) -> None:
        """Write all of `source`: in one request if it is at most `part_bytes`, else part by part, in this thread."""
        stream: Any = source
        self.put_object(bucket, key, stream, length=-1, part_size=part_bytes, num_parallel_uploads=1)

    def copy_within(self, bucket: str, source: str, key: str) -> bool:
        """Let the server copy an object; False if it does not do that, or not for one of that size."""
        # Not the SDK's own copying: it asks for the size first, by a HEAD, whose errors say nothing.
        headers: dict[str, Any] = {**CopySource(bucket, source).gen_copy_headers()}
        try:
            reply = self._execute("PUT", bucket, object_name=key, headers=headers)
        except FACES as error:
            if code_of(error) not in TO_BE_STREAMED:
                raise
            return False
        _confirm_copy(reply)
        return True

    def unfinished(self, bucket: str, prefix: str) -> Iterator[Upload]:
        """The multipart uploads under `prefix` that were neither completed nor aborted."""
        marker: dict[str, Any] = {}
        while True:
            page = self._unfinished_page(bucket, {"uploads": "", "prefix": prefix, **marker})
            yield from page.uploads if page else []
            if page is None or not page.is_truncated or not page.uploads:
                return
            last = page.uploads[-1]
            marker = {"key-marker": last.object_name, "upload-id-marker": last.upload_id}

    def abort(self, bucket: str, upload: Upload) -> None:
        """Abort an unfinished upload; one that is gone already is fine."""
        try:
            super()._abort_multipart_upload(bucket, upload.object_name, str(upload.upload_id))
        except FACES as error:
            if code_of(error) != "NoSuchUpload":
                raise

    def _unfinished_page(self, bucket: str, query: dict[str, Any]) -> ListMultipartUploadsResult | None:
        # Not the SDK's own listing: it sends an empty delimiter, for which rclone shows no upload at all.
        try:
            return ListMultipartUploadsResult(self._execute("GET", bucket, query_params=query))
        except FACES as error:
            if code_of(error) in NOTHING_TO_LIST:
                return None
            raise

    def _put_object(self, *args: Any, **options: Any) -> Any:
        return _confirmed(super()._put_object(*args, **options))

    def _complete_multipart_upload(self, *args: Any, **options: Any) -> Any:
        # S3 may say 200 at once and put an error into the body, which the SDK does not look at.
        return _confirmed(super()._complete_multipart_upload(*args, **options))

    def _abort_multipart_upload(self, *args: Any, **options: Any) -> None:
        # The SDK calls this while it handles an error, which this one must not hide; a deletion aborts again.
        try:
            super()._abort_multipart_upload(*args, **options)
        except FACES:
            return


def _confirmed(result: Any) -> Any:
    if not result.etag:
        raise NotConfirmed(str(NotConfirmed.__doc__))
    return result


def _confirm_copy(reply: Any) -> None:
    """S3 may say 200 at once, and put an error where the ETag should be."""
    try:
        parse_copy_object(reply)
    except ValueError as error:
        raise NotConfirmed(str(NotConfirmed.__doc__)) from error
