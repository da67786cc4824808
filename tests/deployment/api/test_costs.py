"""What a request and the work on it cost in round trips: no more for more files, but for one storage call each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from deployment import lifecycle
from deployment.dispatch import Ticket
from deployment.execute import execute
from tests.airlock import HELLO, Airlock

Spent = Counter[str]


@pytest.fixture
def spending(airlock: Airlock, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """A block whose SQL statements (`sql`) and storage calls (by name) are counted."""
    spent: Spent = Counter()

    def statement(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        spent["sql"] += not text.startswith(("BEGIN", "PRAGMA"))

    for database in (airlock.parts.database, airlock.parts.ledger.database):
        event.listen(database.engine, "before_cursor_execute", statement)
    for name in ("put", "open", "keys", "delete_prefix"):
        monkeypatch.setattr(airlock.parts.store, name, _counted(getattr(airlock.parts.store, name), name, spent))

    @contextmanager
    def block() -> Iterator[Spent]:
        spent.clear()
        yield spent

    return block


def _counted(call: Callable[..., Any], name: str, spent: Spent) -> Callable[..., Any]:
    def counted(*arguments: Any, **options: Any) -> Any:
        spent[name] += 1
        return call(*arguments, **options)

    return counted


@pytest.mark.parametrize("files", [1, 32])
def test_a_post_is_11_statements_and_a_put_for_each_file(
    airlock: Airlock, spending: Callable[[], Any], files: int
) -> None:
    airlock.accept()
    with spending() as spent:
        airlock.accept([HELLO] * files)
    assert spent.pop("sql") <= 11
    assert spent == {"put": files}


@pytest.mark.parametrize("files", [1, 8])
def test_a_get_is_3_statements_and_a_read_for_each_result(
    airlock: Airlock, spending: Callable[[], Any], files: int
) -> None:
    execution_id = airlock.accept([HELLO] * files)
    with spending() as spent:
        airlock.get(execution_id)
        assert spent.pop("sql") <= 3
        assert not spent, "while it runs, the storage is not asked"
    airlock.work_here(execution_id)
    with spending() as spent:
        airlock.get(execution_id)
        assert spent.pop("sql") <= 3
        assert spent == {"open": files}


def test_the_work_on_a_run_of_one_file_is_17_statements(airlock: Airlock, spending: Callable[[], Any]) -> None:
    """Its claim, its end, and the cleanup of its inputs."""
    (file,) = airlock.run(airlock.accept()).files
    ticket = Ticket(file.execution_id, file.id, attempt=1, dispatch=1)
    with spending() as spent:
        with airlock.parts.database.writing() as session:
            assert lifecycle.claim(session, ticket, "here", airlock.parts.policy)
        execute(airlock.parts, ticket, "here")
    assert spent.pop("sql") <= 17
    assert airlock.run(file.execution_id).status == "COMPLETED"


def test_a_refused_key_is_one_statement(airlock: Airlock, spending: Callable[[], Any]) -> None:
    airlock.key = "wrong"
    with spending() as spent:
        assert airlock.post().status_code == 401
    assert spent == {"sql": 1}
