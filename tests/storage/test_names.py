"""Everything of a run stands under its id, and no name is the beginning of another one's."""

from __future__ import annotations

from uuid import UUID

from storage import names

RUN = UUID(int=1)
FILE = UUID(int=2)


def test_inputs_outputs_and_results_stand_under_the_execution() -> None:
    assert names.execution(RUN) == f"{RUN}/"
    assert names.inputs(RUN) == f"{RUN}/in/"
    assert names.input_key(RUN, 3) == f"{RUN}/in/3"
    assert names.output_prefix(RUN, FILE, 1) == f"{RUN}/out/{FILE}/1/"
    assert names.result_key(RUN, FILE, 1) == f"{RUN}/out/{FILE}/1/result.json"
    assert names.output_key(RUN, FILE, 1, 2) == f"{RUN}/out/{FILE}/1/files/2"


def test_attempt_1_is_no_prefix_of_attempt_10() -> None:
    assert not names.result_key(RUN, FILE, 10).startswith(names.output_prefix(RUN, FILE, 1))


def test_probes_stand_apart_from_every_run() -> None:
    assert names.probe("x").startswith(names.PROBES)
    assert not names.execution(RUN).startswith(names.PROBES)
