"""Mechanisms around the moves, switched off one by one: cleanup, webhooks, queue, worker, connections, storage."""

from __future__ import annotations

from tests.mutants.mutant import SwitchedOff

CLEANING = "tests/deployment/test_cleanup.py::"
HOOKS = "tests/deployment/test_deliveries.py::"
FAULTS = "tests/deployment/test_before_dispatch.py::"
QUEUE = "tests/jobs/test_queue.py::"
LEASES = "tests/jobs/test_leases.py::"
S3 = "tests/storage/test_s3_faults.py::"

CLEANUP = [
    SwitchedOff(
        "no cleanup mark at the end of a run",
        "deployment/lifecycle/ending.py",
        "        cleanup_due_at=now,\n",
        "",
        "tests/deployment/reconcile/test_table.py"
        "::test_a3_a_pending_run_without_its_request_is_abandoned_and_cleaned_up[sqlite]",
    ),
    SwitchedOff(
        "the first pass clears the cleanup mark",
        "deployment/cleanup.py",
        "return late if utcnow() < late else None",
        "return None",
        f"{CLEANING}test_only_the_later_pass_clears_the_mark_and_takes_what_a_zombie_wrote_meanwhile[sqlite]",
    ),
    SwitchedOff(
        "a cleanup that fails is due again at once",
        "deployment/cleanup.py",
        "cleanup_due_at=now + _backoff(execution.cleanup_tries, policy),",
        "cleanup_due_at=now,",
        f"{CLEANING}test_a_cleanup_that_fails_is_tried_again_with_growing_pauses_and_at_least_once_per_grace",
    ),
    SwitchedOff(
        "what losing attempts have stored is left",
        "deployment/cleanup.py",
        "        for attempt in range(1, file.attempt + 1)\n",
        "        for attempt in range(file.attempt, file.attempt + 1)\n",
        f"{CLEANING}test_only_the_later_pass_clears_the_mark_and_takes_what_a_zombie_wrote_meanwhile[sqlite]",
    ),
    SwitchedOff(
        "the result is taken for what a losing attempt has stored",
        "deployment/cleanup.py",
        "        if not (file.status == FileStatus.SUCCESS and attempt == file.attempt)\n",
        "",
        f"{CLEANING}test_the_end_of_a_run_deletes_its_inputs_and_keeps_its_result",
    ),
]

DELIVERIES = [
    SwitchedOff(
        "a second delivery for one run and endpoint can be stored",
        "deployment/models/delivery.py",
        '        sa.UniqueConstraint("execution_id", "url"),\n',
        "",
        f"{HOOKS}test_there_is_one_delivery_for_a_run_and_an_endpoint[sqlite]",
    ),
    SwitchedOff(
        "a delivery is not held while it is sent",
        "deployment/lifecycle/delivering.py",
        "due_at=now + HOLD, tries=",
        "due_at=now, tries=",
        f"{HOOKS}test_two_that_send_at_once_send_once[sqlite]",
    ),
    SwitchedOff(
        "a try that was overtaken writes its end",
        "deployment/lifecycle/delivering.py",
        "Delivery.status == DeliveryStatus.PENDING, Delivery.tries == delivery.tries + 1)",
        ")",
        f"{HOOKS}test_a_try_that_was_overtaken_writes_nothing[sqlite]",
    ),
]

DISPATCHING = [
    SwitchedOff(
        "enqueued without unique=True",
        "jobs/queue.py",
        "                unique=True,\n",
        "",
        f"{QUEUE}test_a_ticket_that_is_enqueued_twice_stands_in_the_queue_once",
    ),
    SwitchedOff(
        "DuplicateJobError is taken for a failure",
        "jobs/queue.py",
        "            return  # it is there already",
        "            raise  # it is there already",
        f"{QUEUE}test_a8_an_enqueue_whose_reply_is_lost_puts_one_job_on_the_queue_and_a_second_try_is_accepted",
    ),
    SwitchedOff(
        "the dispatching connection tries again by itself",
        "jobs/connections.py",
        '"retry": Retry(NoBackoff(), 0),',
        '"retry": Retry(NoBackoff(), 3),',
        f"{QUEUE}test_a8_an_enqueue_whose_reply_is_lost_puts_one_job_on_the_queue_and_a_second_try_is_accepted",
    ),
    SwitchedOff(
        "marking goes through the request's own pool",
        "app.py",
        "ExecutionLedger(_marking(",
        'ExecutionLedger((lambda *_: setattr(database.engine.pool, "_timeout", 1) or database)(',
        f"{FAULTS}test_a10_marking_needs_nothing_of_the_pool_that_the_request_has_exhausted[sqlite]",
    ),
    SwitchedOff(
        "a reason that could not be stored is left nowhere",
        "deployment/ledger.py",
        "            self._last_words.leave(run, reason)\n",
        "",
        f"{FAULTS}test_a5_a_run_that_cannot_be_marked_ends_with_the_real_reason_when_the_database_is_back",
    ),
]

WORKERS = [
    SwitchedOff(
        "the lease of a file is never renewed",
        "deployment/claims.py",
        "held = self._renew(began) if began - self._renewed >= self.beat else self._look()",
        "held = self._look()",
        f"{LEASES}test_c6_work_that_takes_longer_than_its_lease_is_left_alone[sqlite]",
    ),
    SwitchedOff(
        "a renewal ignores that it has changed no row",
        "deployment/claims.py",
        "        if not held:\n            raise LeaseLost\n",
        "",
        f"{LEASES}test_a_lease_that_another_process_has_taken_costs_the_work_horse_its_life_at_once[sqlite]",
    ),
    SwitchedOff(
        "a work-horse that has lost its lease is not killed",
        "jobs/worker.py",
        "        if self._killed:\n            self.kill_horse()\n",
        "        if self._killed:\n",
        f"{LEASES}test_a_lease_that_another_process_has_taken_costs_the_work_horse_its_life_at_once[sqlite]",
    ),
    SwitchedOff(
        "no PR_SET_PDEATHSIG: a work-horse outlives its worker",
        "jobs/worker.py",
        "        die_with(self._pid)\n",
        "",
        "tests/jobs/test_deaths.py"
        "::test_b1_a_killed_worker_takes_its_work_horse_along_and_the_file_runs_again_elsewhere[sqlite]",
    ),
    SwitchedOff(
        "a worker that hangs does not end itself before its lease is over",
        "jobs/worker.py",
        "AirlockWorker(app, claims, dead_mans_switch.arm,",
        "AirlockWorker(app, claims, dead_mans_switch.unarmed,",
        f"{LEASES}test_a_statement_that_never_returns_ends_the_whole_worker_before_the_lease",
    ),
    SwitchedOff(
        "a work-horse obeys the SIGTERM that platforms send to everybody",
        "jobs/worker.py",
        "signal.signal(signum, signal.SIG_IGN)",
        "signal.signal(signum, signal.SIG_DFL)",
        "tests/jobs/test_shutdown.py::test_b7_a_short_file_ends_a_long_one_is_handed_back_and_costs_no_attempt",
    ),
    SwitchedOff(
        "a ticket that comes after the SIGTERM is dropped",
        "jobs/worker.py",
        "(self.put_back if self.told_to_stop else self.drop)(job, queue)",
        "self.drop(job, queue)",
        "tests/jobs/test_shutdown.py::test_a_ticket_that_a_worker_pops_after_its_sigterm_goes_back_to_the_queue",
    ),
    SwitchedOff(
        "a worker ends when Redis goes away as it starts",
        "jobs/patient_worker.py",
        "        with suppress(RedisError):\n            super().set_state(state, pipeline)\n",
        "        super().set_state(state, pipeline)\n",
        "tests/jobs/test_outages.py::test_b5_redis_that_goes_away_while_a_worker_makes_itself_known_does_not_end_it",
    ),
    SwitchedOff(
        "a database connection crosses the fork",
        "deployment/claims.py",
        "        finally:\n            self.disconnect()\n",
        "        finally:\n            pass\n",
        "tests/jobs/test_claiming.py::test_no_database_connection_crosses_the_fork_on_sqlite",
    ),
]

STORING = [
    SwitchedOff(
        "the result is stored after the row says that there is one",
        "deployment/results.py",
        "store.put(",
        '(lambda *put: __import__("threading").Timer(0.3, store.put, put).start())(',
        "tests/deployment/test_results.py::test_the_result_is_there_before_the_row_says_so[sqlite]",
    ),
    SwitchedOff(
        "all attempts store under one name",
        "storage/names.py",
        'out/{file_id}/{attempt}/"',
        'out/{file_id}/"',
        "tests/storage/test_names.py::test_attempt_1_is_no_prefix_of_attempt_10",
    ),
    SwitchedOff(
        "a file is seen in the folder before it is complete",
        "storage/folder.py",
        '    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")\n',
        "    temporary = path\n    path.unlink(missing_ok=True)\n",
        "tests/storage/test_store.py::test_a_put_that_breaks_keeps_what_was_there[folder]",
    ),
    SwitchedOff(
        "the SDK tries again behind our back",
        "storage/s3_http.py",
        "        retries=False,\n",
        "        retries=3,\n",
        f"{S3}test_nothing_is_tried_twice_behind_the_callers_back",
    ),
    SwitchedOff(
        "unfinished uploads are left to S3",
        "storage/s3.py",
        "for step in (self._abort_uploads, self._delete_objects):",
        "for step in (self._delete_objects,):",
        "tests/storage/test_s3.py::test_a2_a_deletion_aborts_the_uploads_under_its_prefix_and_no_others",
    ),
    SwitchedOff(
        "one object that cannot be deleted keeps the others",
        "storage/s3.py",
        "            except StorageError as error:\n                failures.append(error)\n        raise_first",
        "            except StorageError as error:\n                raise error\n        raise_first",
        f"{S3}test_a6_uploads_that_cannot_be_listed_do_not_keep_the_objects",
    ),
]

MUTANTS = [*CLEANUP, *DELIVERIES, *DISPATCHING, *WORKERS, *STORING]
