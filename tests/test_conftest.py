"""What every test gets without asking: a limit of time, and a frozen clock that spares S3's signatures."""

from __future__ import annotations

import minio.time
import pytest
from freezegun import freeze_time


def test_a_test_that_says_nothing_has_the_common_limit(request: pytest.FixtureRequest) -> None:
    limit = request.node.get_closest_marker("timeout")
    assert limit is not None
    assert limit.args == (120,)


@pytest.mark.timeout(30)
def test_a_test_may_have_a_limit_of_its_own(request: pytest.FixtureRequest) -> None:
    assert [mark.args for mark in request.node.iter_markers("timeout")] == [(30,)]


def test_a_frozen_clock_does_not_freeze_the_signatures_of_s3() -> None:
    with freeze_time("2001-01-01"):
        assert minio.time.utcnow().year > 2001
