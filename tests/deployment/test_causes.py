"""What the operator's log says of a part that fails: the reason, without secrets and without what callers sent."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from redis import Redis, RedisError

from deployment.causes import cause_of
from tests.servers.process import free_port


def test_of_a_database_it_is_what_the_driver_says_and_not_the_statement_with_its_values() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection, pytest.raises(sa.exc.DBAPIError) as raised:
        connection.execute(sa.text("PRAGMA max_page_count = 1"))
        connection.execute(sa.text("CREATE TABLE document (text TEXT)"))
        connection.execute(sa.text("INSERT INTO document VALUES (:text)"), {"text": "private " * 10_000})
    assert cause_of(raised.value) == "OperationalError: database or disk is full"
    engine.dispose()


def test_of_the_queue_it_is_the_address_that_does_not_answer_and_no_password() -> None:
    port = free_port()
    with Redis.from_url(f"redis://:secret@127.0.0.1:{port}") as connection, pytest.raises(RedisError) as raised:
        connection.ping()
    assert cause_of(raised.value).startswith(f"ConnectionError: Error 111 connecting to 127.0.0.1:{port}.")
    assert "secret" not in cause_of(raised.value)
