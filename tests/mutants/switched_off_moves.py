"""Mechanisms of the moves, switched off one by one: swaps, fences, leases, limits, and what the rescuer decides."""

from __future__ import annotations

from tests.mutants.mutant import SwitchedOff

MOVES = "tests/deployment/lifecycle/test_moves.py::"
TICKETS = "tests/deployment/lifecycle/test_tickets.py::"
LEDGER = "tests/deployment/test_ledger.py::TestExecutionLedger::"
TABLE = "tests/deployment/reconcile/test_table.py::"
RIVALS = "tests/deployment/reconcile/test_rivals.py::"
SLOTS = "tests/deployment/test_slots.py::"
HEARTBEAT = "tests/deployment/test_heartbeat.py::"

SWAPS = [
    SwitchedOff(
        "no swap on status: what has ended ends again",
        "deployment/lifecycle/ending.py",
        "        Execution.status.in_(LIVE),\n",
        "",
        f"{MOVES}test_an_end_is_written_once_and_never_changed[sqlite]",
    ),
    SwitchedOff(
        "no swap on status: the guard fails a run that a worker has",
        "deployment/lifecycle/staging.py",
        "expected = (unclaimed, Execution.guard_token == token)",
        "expected = (Execution.guard_token == token,)",
        f"{LEDGER}test_a_row_that_a_worker_has_is_not_marked[sqlite]",
    ),
    SwitchedOff(
        "no token: a guard fails the run of another one",
        "deployment/lifecycle/staging.py",
        "expected = (unclaimed, Execution.guard_token == token)",
        "expected = (unclaimed,)",
        f"{LEDGER}test_another_token_marks_nothing[sqlite]",
    ),
    SwitchedOff(
        "no attempt in the WHERE of the worker's writes",
        "deployment/lifecycle/move.py",
        "        ExecutionFile.attempt == ticket.attempt,\n",
        "",
        f"{MOVES}test_a_worker_that_lost_its_lease_can_write_nothing[sqlite]",
    ),
    SwitchedOff(
        "no status in the WHERE of the worker's writes",
        "deployment/lifecycle/move.py",
        "        ExecutionFile.status == FileStatus.EXECUTING,\n",
        "",
        f"{MOVES}test_an_end_is_written_once_and_never_changed[sqlite]",
    ),
    SwitchedOff(
        "a claim compares no attempt",
        "deployment/lifecycle/work.py",
        "        ExecutionFile.attempt == ticket.attempt - 1,\n",
        "",
        "tests/jobs/test_claiming.py"
        "::test_a_job_whose_row_does_not_want_it_is_dropped_in_silence[sqlite-a later attempt]",
    ),
    SwitchedOff(
        "a claim compares the dispatch instead of the attempt",
        "deployment/lifecycle/work.py",
        "ExecutionFile.attempt == ticket.attempt - 1,",
        "ExecutionFile.dispatch == ticket.dispatch,",
        f"{TICKETS}test_a_ticket_that_was_taken_for_lost_is_good_all_the_same[sqlite]",
    ),
    SwitchedOff(
        "a claim takes what is past its deadline",
        "deployment/lifecycle/work.py",
        " or execution.deadline_at <= now:",
        ":",
        f"{RIVALS}test_a_run_that_is_past_its_deadline_is_not_begun_any_more[sqlite]",
    ),
    SwitchedOff(
        "the end of a run leaves its lease",
        "deployment/lifecycle/ending.py",
        "        lease_expires_at=None,\n        cleanup_due_at",
        "        cleanup_due_at",
        f"{SLOTS}test_a_run_that_ends_frees_its_slot[sqlite]",
    ),
    SwitchedOff(
        "no CHECK: a live run without a lease can be stored",
        "deployment/models/execution.py",
        "({LIVE_SQL} AND lease_expires_at IS NOT NULL AND ended_at IS NULL)",
        "({LIVE_SQL} AND ended_at IS NULL)",
        f"{TABLE}test_c7_a_live_row_without_a_lease_cannot_be_stored[sqlite]",
    ),
    SwitchedOff(
        "no CHECK: an open file without a lease can be stored",
        "deployment/models/file.py",
        "({OPEN_SQL} AND lease_expires_at IS NOT NULL AND ended_at IS NULL)",
        "({OPEN_SQL} AND ended_at IS NULL)",
        f"{TABLE}test_c7_a_live_row_without_a_lease_cannot_be_stored[sqlite]",
    ),
]

COUNTS = [
    SwitchedOff(
        "MAX_ATTEMPTS is ignored",
        "deployment/lifecycle/work.py",
        "if losses + 1 >= policy.max_attempts:",
        "if False:",
        f"{TABLE}test_b1_a_file_that_has_lost_too_many_workers_fails[sqlite]",
    ),
    SwitchedOff(
        "a file handed back counts as lost",
        "deployment/lifecycle/work.py",
        "losses=0, message=",
        "losses=1, message=",
        f"{MOVES}test_a_file_handed_back_has_lost_nothing_and_raises_its_attempt_at_the_next_claim[sqlite]",
    ),
    SwitchedOff(
        "the slots are counted before they are locked",
        "deployment/submit.py",
        "        lock_slots(session, organization, key)\n"
        "        take_key(session, execution)\n"
        "        look_for_slot(session, organization, key, parts.policy)\n",
        "        look_for_slot(session, organization, key, parts.policy)\n"
        "        take_key(session, execution)\n"
        "        lock_slots(session, organization, key)\n",
        f"{SLOTS}test_of_many_at_once_no_more_than_the_limit_are_accepted[postgres-org_concurrency]",
    ),
    SwitchedOff(
        "no BEGIN IMMEDIATE: on SQLite a writer takes its lock too late",
        "deployment/sqlite.py",
        '"BEGIN IMMEDIATE" if writing else "BEGIN"',
        '"BEGIN"',
        f"{SLOTS}test_of_many_at_once_no_more_than_the_limit_are_accepted[sqlite-org_concurrency]",
    ),
]

RESCUES = [
    SwitchedOff(
        "a request that stages does not renew its lease",
        "deployment/heartbeat.py",
        "        self._thread.start()\n",
        "        pass\n",
        f"{HEARTBEAT}test_a_request_that_stages_longer_than_a_lease_is_left_alone[sqlite]",
    ),
    SwitchedOff(
        "a stale rescuer takes a file whose lease was renewed",
        "deployment/lifecycle/work.py",
        "seen = () if expired is None else (ExecutionFile.lease_expires_at == expired,)",
        "seen = ()",
        f"{RIVALS}test_c1_a_rescuer_with_a_stale_snapshot_of_a_claim_does_nothing[sqlite-renewed]",
    ),
    SwitchedOff(
        "a stale rescuer abandons what was sealed meanwhile",
        "deployment/lifecycle/rescue.py",
        'by="reconciler", error=reason, expected=seen)',
        'by="reconciler", error=reason)',
        f"{RIVALS}test_c1_a_stale_snapshot_of_a_pending_run_does_not_end_one_that_was_sealed[sqlite]",
    ),
    SwitchedOff(
        "a new ticket under the old name",
        "deployment/lifecycle/rescue.py",
        "file.attempt + 1, file.dispatch + 1)]",
        "file.attempt + 1, file.dispatch)]",
        f"{TABLE}test_b4_a_queued_file_whose_ticket_is_anywhere_else_gets_a_new_one[sqlite-failed]",
    ),
    SwitchedOff(
        "no lock order: a new ticket locks the file before its run",
        "deployment/lifecycle/rescue.py",
        "won = locked(session, file.execution_id) is not None and swap(",
        "won = swap(",
        f"{RIVALS}test_a_new_ticket_and_an_end_of_the_run_at_once_do_not_deadlock",
    ),
    SwitchedOff(
        "the queue is not asked: an honest backlog is dispatched again",
        "deployment/reconcile/repair.py",
        "    if standing:\n",
        "    if False:\n",
        f"{TABLE}test_a_queued_file_whose_ticket_stands_in_the_list_is_an_honest_backlog[sqlite]",
    ),
    SwitchedOff(
        "a queue that cannot be asked has lost all its tickets",
        "deployment/reconcile/batch.py",
        "        return set(files)\n",
        "        return set()\n",
        f"{TABLE}test_b5_a_queue_that_cannot_be_asked_is_taken_for_an_honest_backlog[sqlite]",
    ),
    SwitchedOff(
        "a row that cannot be repaired is not moved ahead",
        "deployment/reconcile/batch.py",
        "return _in_transaction(parts, partial(_postponed, row=row, parts=parts))",
        "return NOTHING",
        f"{RIVALS}test_c8_a_row_that_cannot_be_repaired_moves_into_the_future_and_holds_up_no_other[sqlite]",
    ),
    SwitchedOff(
        "the deadline is ignored while a run is queued",
        "deployment/reconcile/repair.py",
        "    if utcnow() >= row.deadline_at:\n",
        "    if utcnow() >= row.deadline_at and row.status != ExecutionStatus.QUEUED:\n",
        f"{TABLE}test_a_run_in_any_live_state_ends_by_its_own_deadline[sqlite-QUEUED]",
    ),
    SwitchedOff(
        "no read-repair",
        "deployment/executions.py",
        "    if execution is not None and _overdue(parts, execution):\n",
        "    if False:\n",
        f"{TABLE}test_reading_a_run_repairs_it[sqlite]",
    ),
]

MUTANTS = [*SWAPS, *COUNTS, *RESCUES]
