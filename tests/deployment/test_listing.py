"""What a page of a list costs: one or two statements, each from a range of an index, however much is stored."""

from __future__ import annotations

import itertools
import re

import pytest

from deployment.listing import Filters, page
from deployment.models import Execution
from tests.airlock import HELLO, Airlock
from tests.deployment.listed import BAD, RED, Listed, as_nobody_has_counted, listed
from tests.deployment.reconcile.crowd import plan, statements

MANY = 10_000
ALONG_RUNS = ("all", "a status", "a deployment")
SCANS = re.compile(r"Seq Scan on execution|SCAN execution(?! USING INDEX ix_execution_of_all)")
"""The last one is read in its order, and left as soon as the page is full."""


@pytest.fixture
def many(airlock: Airlock) -> Listed:
    return listed(airlock, MANY)


def test_a_page_is_a_range_of_an_index_whatever_is_asked_for(airlock: Airlock, many: Listed) -> None:
    database = airlock.parts.database
    as_nobody_has_counted(database)
    for name, filters in many.questions.items():
        for behind in (None, many.middle):
            with database.reading() as session, statements(database) as sent:
                page(session, filters, behind, 51)
            assert len(sent) <= 2, name
            for statement, parameters in sent:
                how = plan(database, statement, parameters)
                assert "ix_execution" in how, (name, how)
                assert not SCANS.search(how), (name, how)
                assert name not in ALONG_RUNS or "(deleted_at" not in how, "deleted runs are not even looked at"


def test_the_narrowest_filter_leads(airlock: Airlock, many: Listed) -> None:
    """Whichever it is: the page is found along its index, and what it leads to is looked up for the others."""
    for name, index, other in (
        ("a label of few, a status", "ix_execution_label_found", "ix_execution_of_status"),
        ("a label, a status of few", "ix_execution_of_status", "ix_execution_label_found"),
        ("a label, a deployment of few", "ix_execution_of_deployment", "ix_execution_label_found"),
    ):
        with airlock.parts.database.reading() as session, statements(airlock.parts.database) as sent:
            page(session, many.questions[name], None, 51)
        how = plan(airlock.parts.database, *sent[-1])
        assert index in how, (name, how)
        assert other not in how, (name, how)


def test_each_way_leads_to_the_same_runs_as_looking_at_all(airlock: Airlock) -> None:
    """Whichever filter is the narrowest."""
    many = listed(airlock, 1000)
    with airlock.parts.database.reading() as session:
        every = page(session, Filters(many.organization), None, 10_000)
        assert len(every) == 1014, "without the deleted ones"
        red = {run.id for run in page(session, Filters(many.organization, labels=[RED]), None, 10_000)}
        assert red == {run.id for run in every}
        for (name, filters), limit in itertools.product(many.questions.items(), (1, 50, 200)):
            found = [run.id for run in page(session, filters, None, limit)]
            assert found == [run.id for run in every if is_asked_for(run, filters)][:limit], (name, limit)


def is_asked_for(run: Execution, filters: Filters) -> bool:
    file = HELLO[0] if run.status == "COMPLETED" else BAD[0]
    return (
        filters.deployment_id in (None, run.deployment_id)
        and (not filters.statuses or run.status in filters.statuses)
        and {value for _, value in filters.labels} <= {*run.tags, file}
        and (filters.after is None or filters.after <= run.created_at)
        and (filters.before is None or run.created_at < filters.before)
    )
