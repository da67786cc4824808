"""STORAGE_URL means a folder or a bucket; one that makes no sense is refused without showing its secret."""

from __future__ import annotations

import io
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from storage import InvalidStorageUrl, open_store
from tests.servers.process import free_port
from tests.servers.rclone import RcloneS3

SECRET = "hush/hush"

WRONG = {
    "": "begins with something else",
    "/data/objects": "begins with something else",
    "http://key:hush@host/bucket": "begins with something else",
    "file://relative/folder": "absolute path",
    "file://": "absolute path",
    "file:///": "absolute path",
    "s3://host/bucket": "the key is missing",
    "s3://key@host/bucket": "the secret is missing",
    "s3://key:hush@host": "one bucket",
    "s3://key:hush@host/": "one bucket",
    "s3://key:hush@host/bucket/folder": "one bucket",
    "s3://key:hush@/bucket": "host or port",
    "s3://key:hush@host:port/bucket": "host or port",
    "s3://key:hush/hush@host/bucket": "write a / in the secret as %2F",
    "s3://key:hush@host/bucket?secure=no": "secure is true or false",
    "s3://key:hush@host/bucket?scure=false": "no option scure",
    "s3://key:hush@host/bucket?region=a%20b": "invalid region",
    "s3://key:hush@host/b": "bucket",
}


@pytest.mark.parametrize("url", WRONG)
def test_a_url_that_makes_no_sense_is_refused_with_the_reason_and_no_secret(url: str) -> None:
    with pytest.raises(InvalidStorageUrl, match=WRONG[url]) as raised:
        open_store(url)
    told = "".join(traceback.format_exception(raised.value))
    assert "STORAGE_URL must be" in told
    assert "hush" not in told.replace(f'"{url}"', "")


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    store = open_store(f"file://{tmp_path}/a%20folder #1?")
    store.put("run/in/0", io.BytesIO(b"content"))
    assert (tmp_path / "a folder #1?" / "run" / "in" / "0").read_bytes() == b"content"


def test_credentials_are_percent_decoded(s3: RcloneS3) -> None:
    url = s3.fresh_bucket()
    assert "%2F" in url
    open_store(url).put("run/in/0", io.BytesIO(b"content"))


def test_opening_a_store_connects_to_nothing() -> None:
    open_store(f"s3://key:secret@127.0.0.1:{free_port()}/bucket")


def test_the_address_of_a_store_holds_no_credentials(tmp_path: Path) -> None:
    assert open_store(f"file://{tmp_path}").address == str(tmp_path)
    assert open_store("s3://key:secret@host:9000/bucket").address == "s3://host:9000/bucket"


def test_the_sdk_is_imported_only_for_s3() -> None:
    program = "import sys, storage; storage.open_store('file:///tmp/objects'); sys.exit('minio' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[2])
