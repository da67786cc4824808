"""What is S3's own: how many requests, parts, uploads that were never completed, the bucket."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from freezegun import freeze_time
from minio import Minio

from storage import BucketMissing, DeletedMeanwhile, ObjectStore, open_store
from tests.servers.rclone import RcloneS3
from tests.servers.s3_proxy import S3Proxy

MIB = 1024 * 1024
ROOT = Path(__file__).parents[2]


@pytest.fixture
def counted(s3_faults: S3Proxy) -> ObjectStore:
    """A store whose requests are in `s3_faults.requests`."""
    return open_store(s3_faults.url)


@pytest.fixture
def behind(s3: RcloneS3) -> Minio:
    return s3.client()


def bucket(proxy: S3Proxy) -> str:
    return proxy.url.partition("?")[0].rpartition("/")[2]


def unfinished(client: Minio, name: str, key: str) -> str:
    """Begin an upload and never complete it."""
    upload: str = client._create_multipart_upload(name, key, {})
    client._upload_part(name, key, bytes(5 * MIB), None, upload, 1)
    return upload


def test_a_file_that_fits_into_one_part_is_put_by_one_request(counted: ObjectStore, s3_faults: S3Proxy) -> None:
    counted.put("run/in/0", io.BytesIO(bytes(8 * MIB)))
    assert [request.method for request in s3_faults.requests] == ["PUT"]


def test_reading_is_one_request_and_the_connection_is_used_again(counted: ObjectStore, s3_faults: S3Proxy) -> None:
    counted.put("run/in/0", io.BytesIO(bytes(MIB)))
    for _ in range(2):
        with counted.open("run/in/0") as source:
            source.read()
    assert [request.method for request in s3_faults.requests] == ["PUT", "GET", "GET"]
    assert len({request.client_port for request in s3_faults.requests}) == 1


def test_an_object_closed_before_its_end_leaves_a_store_that_works(counted: ObjectStore) -> None:
    counted.put("run/in/0", io.BytesIO(bytes(5 * MIB)))
    for _ in range(3):
        with counted.open("run/in/0") as source:
            source.read(10)
    with counted.open("run/in/0") as source:
        assert len(source.read()) == 5 * MIB


def test_a_deletion_asks_nothing_about_single_objects(counted: ObjectStore, s3_faults: S3Proxy) -> None:
    for number in range(5):
        counted.put(f"run/in/{number}", io.BytesIO())
    s3_faults.requests.clear()
    counted.delete_prefix("run/in/")
    assert [request.method for request in s3_faults.requests] == ["GET", "GET", "POST"]
    assert (s3_faults.count("GET uploads="), s3_faults.count("POST ?delete")) == (1, 1)


def test_a2_a_put_that_breaks_aborts_its_upload(counted: ObjectStore, s3_faults: S3Proxy, behind: Minio) -> None:
    class Breaking:
        left = 20 * MIB

        def read(self, size: int, /) -> bytes:
            if self.left < 0:
                raise RuntimeError
            self.left -= size
            return bytes(size)

    with pytest.raises(RuntimeError):
        counted.put("run/in/0", Breaking())
    assert s3_faults.count("POST ?uploads") == 1
    assert s3_faults.count("DELETE ?uploadId") == 1
    assert list(behind.list_objects(bucket(s3_faults), recursive=True)) == []


def test_a2_a_deletion_aborts_the_uploads_under_its_prefix_and_no_others(
    counted: ObjectStore, s3_faults: S3Proxy, behind: Minio
) -> None:
    name = bucket(s3_faults)
    for key in ("run/in/0", "run/in/0", "run/in/1"):
        unfinished(behind, name, key)
    other = unfinished(behind, name, "run/out/file/1/result.json")
    counted.delete_prefix("run/in/")
    assert s3_faults.count("DELETE /run/in/") == 3
    assert s3_faults.count("DELETE") == 3
    behind._abort_multipart_upload(name, "run/out/file/1/result.json", other)


def test_an_upload_that_someone_else_has_aborted_meanwhile_is_fine(
    counted: ObjectStore, s3_faults: S3Proxy, behind: Minio
) -> None:
    upload = unfinished(behind, bucket(s3_faults), "run/in/0")
    gone = s3_faults.answer(404, "DELETE ?uploadId", code="NoSuchUpload")
    counted.delete_prefix("run/in/")
    assert gone.met == 1
    behind._abort_multipart_upload(bucket(s3_faults), "run/in/0", upload)


def test_an_upload_that_is_deleted_meanwhile_says_so(counted: ObjectStore, s3_faults: S3Proxy) -> None:
    class Deleting:
        left = 20 * MIB

        def read(self, size: int, /) -> bytes:
            if s3_faults.count("PUT partNumber=1") == 1:
                counted.delete_prefix("run/in/")
            given = min(size, self.left)
            self.left -= given
            return bytes(given)

    with pytest.raises(DeletedMeanwhile):
        counted.put("run/in/0", Deleting())
    assert list(counted.keys("")) == []


def test_more_uploads_than_fit_on_a_page_are_all_aborted(counted: ObjectStore, s3_faults: S3Proxy) -> None:
    def page(*keys: str, truncated: str) -> bytes:
        uploads = "".join(f"<Upload><Key>{key}</Key><UploadId>id-{key}</UploadId></Upload>" for key in keys)
        return (
            f"<ListMultipartUploadsResult><IsTruncated>{truncated}</IsTruncated>{uploads}</ListMultipartUploadsResult>"
        ).encode()

    s3_faults.answer(200, "GET uploads=", body=page("run/in/2", truncated="false"))
    s3_faults.answer(200, "GET uploads=", body=page("run/in/0", "run/in/1", truncated="true"), nth=1)
    s3_faults.answer(204, "DELETE", body=b"")
    counted.delete_prefix("run/in/")
    assert s3_faults.count("DELETE uploadId=id-run%2Fin%2F") == 3
    assert s3_faults.count("GET key-marker=run%2Fin%2F1") == 1


@pytest.mark.parametrize("code", ["NotImplemented", "NoSuchUpload"])
def test_a_server_that_lists_no_uploads_has_its_objects_deleted(
    counted: ObjectStore, s3_faults: S3Proxy, code: str
) -> None:
    counted.put("run/in/0", io.BytesIO())
    s3_faults.answer(501, "GET uploads=", code=code)
    counted.delete_prefix("run/in/")
    assert list(counted.keys("")) == []


@pytest.mark.parametrize("operation", ["put", "open", "keys", "delete_prefix"])
def test_a_bucket_that_does_not_exist_is_told_in_plain_words(s3: RcloneS3, operation: str) -> None:
    store = open_store(s3.url("no-such-bucket"))
    calls: dict[str, Callable[[], object]] = {
        "put": lambda: store.put("run/in/0", io.BytesIO()),
        "open": lambda: store.open("run/in/0"),
        "keys": lambda: list(store.keys("_probes/")),
        "delete_prefix": lambda: store.delete_prefix("run/in/"),
    }
    with pytest.raises(BucketMissing, match="the bucket does not exist; create it, or correct STORAGE_URL"):
        calls[operation]()


def test_a_frozen_clock_does_not_break_the_signatures(s3_url: str) -> None:
    with freeze_time("2001-01-01"):
        open_store(s3_url).put("run/in/0", io.BytesIO(b"content"))


FORKING = """
import io, os, sys
from storage import open_store
store = open_store(sys.argv[1])
put = lambda key: store.put(key, io.BytesIO(b"content"))
put("run/in/parent-1")
child = os.fork()
if child == 0:
    put("run/in/child")
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
put("run/in/parent-2")
"""


def test_the_child_of_a_fork_uses_a_connection_of_its_own_and_leaves_the_parents_open(s3_faults: S3Proxy) -> None:
    subprocess.run([sys.executable, "-c", FORKING, s3_faults.url], cwd=ROOT, check=True)
    first, child, second = [request.client_port for request in s3_faults.requests]
    assert first == second != child
