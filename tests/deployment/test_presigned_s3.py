"""Presigned URLs as people use them: made with an S3 SDK, of a real S3 server, sent with the published client."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from minio import Minio
from unstract.api_deployments.client import APIDeploymentsClient
from werkzeug.serving import make_server

from tests.airlock import Airlock
from tests.deployment.fetching import NewApp, allowed, fetched, post
from tests.servers.rclone import KEY, SECRET
from tests.servers.tcp_proxy import TcpProxy

NAME = "in box/r\u00e9sum\u00e9 +1.txt"
CONTENT = b"An object of a bucket."


class Bucket:
    """A caller's own bucket, behind TLS."""

    def __init__(self, proxy: TcpProxy) -> None:
        parts = urlsplit(proxy.url)
        self.port, self._name = parts.port or 0, parts.path.strip("/")
        self._sdk = Minio(f"127.0.0.1:{self.port}", KEY, SECRET, secure=True, region="us-east-1")
        behind = Minio(f"127.0.0.1:{urlsplit(proxy.target).port}", KEY, SECRET, secure=False, region="us-east-1")
        behind.put_object(self._name, NAME, io.BytesIO(CONTENT), len(CONTENT))

    def presigned(self, name: str = NAME, **options: Any) -> str:
        url: str = self._sdk.presigned_get_object(self._name, name, **options)
        return url


@pytest.fixture
def bucket(s3_over_tls: TcpProxy) -> Bucket:
    return Bucket(s3_over_tls)


@pytest.fixture
def airlock(new_app: NewApp, bucket: Bucket, database_url: str, redis_url: str) -> Airlock:
    hosts = allowed(bucket.port)
    return Airlock(new_app(database_url=database_url, redis_url=redis_url, presigned_hosts=hosts))


@pytest.fixture
def new_client(airlock: Airlock) -> Iterator[Callable[..., APIDeploymentsClient]]:
    """The client, and a web server for it."""
    server = make_server("127.0.0.1", 0, airlock.app, threaded=True)
    serving = threading.Thread(target=server.serve_forever, args=(0.02,))
    serving.start()
    made: list[APIDeploymentsClient] = []

    def make(**options: Any) -> APIDeploymentsClient:
        url = f"http://127.0.0.1:{server.server_port}{airlock.path}"
        made.append(APIDeploymentsClient(url, airlock.key, logging_level="ERROR", max_retries=0, **options))
        return made[-1]

    yield make
    for client in made:
        client.close()
    server.shutdown()
    serving.join()
    server.server_close()
    logging.getLogger("unstract").handlers.clear()


def test_a_url_made_with_an_sdk_is_fetched_and_read(airlock: Airlock, bucket: Bucket) -> None:
    execution_id = fetched(airlock, bucket.presigned(expires=timedelta(minutes=1)))
    airlock.work()
    (item,) = airlock.get(execution_id).get_json()["message"]
    assert (item["file"], item["status"]) == (NAME.rpartition("/")[2], "Success")
    assert item["result"]["output"]["pages"][0]["text"].strip() == CONTENT.decode()


def test_a_signature_that_is_wrong_or_for_another_object_is_told_in_the_words_of_s3(
    airlock: Airlock, bucket: Bucket
) -> None:
    url = bucket.presigned()
    forged = url[:-4] + ("0000" if not url.endswith("0000") else "1111")
    for odd, code in ((forged, "403"), (bucket.presigned("missing.txt"), "404 (NoSuchKey)")):
        reply = post(airlock, odd)
        message = reply.get_json()["message"]
        assert (reply.status_code, message["execution_status"]) == (422, "ERROR")
        assert f"the server answered {code}" in message["error"]
        assert "Signature=" not in message["error"]


@pytest.mark.filterwarnings("ignore:The 'initial' parameter is deprecated:DeprecationWarning")
def test_the_published_client_sends_them_unmodified(
    airlock: Airlock, bucket: Bucket, new_client: Callable[..., APIDeploymentsClient]
) -> None:
    client = new_client(api_timeout=0)
    posted = client.structure_file([], presigned_urls=[bucket.presigned(), bucket.presigned()])
    assert (posted["status_code"], posted["execution_status"], posted["error"]) == (200, "PENDING", None)
    airlock.work()
    told = client.check_execution_status(posted["status_check_api_endpoint"])
    assert (told["status_code"], told["execution_status"]) == (200, "COMPLETED")
    assert [item["status"] for item in told["extraction_result"]] == ["Success"] * 2
    refused = client.structure_file([], presigned_urls=["https://evil.example/a.txt"])
    assert (refused["status_code"], refused["pending"]) == (400, False)
    assert "PRESIGNED_HOSTS" in refused["error"]
    failed = client.structure_file([], presigned_urls=[bucket.presigned("missing.txt")])
    assert (failed["status_code"], failed["execution_status"], failed["pending"]) == (422, "ERROR", False)
    assert "NoSuchKey" in failed["error"]
