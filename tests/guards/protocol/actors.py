"""What each actor may do next. The request goes the guard's way; every one but it looks at the row, then writes."""

from __future__ import annotations

from tests.guards.protocol.state import MAX_ATTEMPTS, WORKERS, Design, Move, Moves, Seen, State, Worker

PENDING, QUEUED = Seen("PENDING", 0), Seen("QUEUED", 0)
AT_REST = ("begins", "is over", "is dead")


def moves(design: Design, state: State) -> Moves:
    """Every step that anybody can do in `state`."""
    yield from request(design, state)
    for worker in sorted(set(state.workers)):
        yield from work(design, state, worker)
    if design.reconciler:
        yield from reconcile(design, state)
    yield from operate(design, state)


def request(design: Design, state: State) -> Moves:
    """The row, the inputs, the seal, the queue; when a step fails the mark, then the undoing."""
    at = state.request
    if at not in AT_REST:
        yield Move("request", "dies", state._replace(request="is dead"), "fault")
    if at == "begins":
        yield Move("request", "writes the row: PENDING", state._replace(status="PENDING", request="has a row"))
    elif at == "has a row":
        yield Move("request", "stages the inputs", state._replace(inputs=True, request="has staged"))
        yield Move("request", "fails while staging", state._replace(inputs=True, request="has failed"), "fault")
    elif at == "has staged":
        yield _seal(design, state)
    elif at == "has sealed":
        yield from _enqueue(state)
    elif at in ("has failed", "was refused"):
        yield _mark(design, state)
    elif at == "undoes":
        yield Move("request", "deletes the inputs", state._replace(inputs=False, request="is over"))


def _seal(design: Design, state: State) -> Move:
    if design.wins(state, PENDING):
        return Move("request", "seals: QUEUED", state._replace(status="QUEUED", request="has sealed"))
    return Move("request", "may not seal", state._replace(request="undoes"))


def _enqueue(state: State) -> Moves:
    once, twice = min(state.jobs + 1, WORKERS), WORKERS
    yield Move("request", "enqueues", state._replace(jobs=once, request="is over"))
    yield Move("request", "enqueues, twice by a retry", state._replace(jobs=twice, request="is over"), "fault")
    yield Move("request", "is refused by the queue", state._replace(request="was refused"), "fault")
    accepted = state._replace(jobs=once, request="was refused")
    yield Move("request", "enqueues, but the reply is lost", accepted, "fault")


def _mark(design: Design, state: State) -> Move:
    """Before the seal nobody else can have begun: undo in any case. After it, only who wins the row may."""
    before_the_seal = state.request == "has failed"
    if design.wins(state, PENDING if before_the_seal else QUEUED):
        return Move("request", "marks the row: ERROR", state._replace(status="ERROR", request="undoes"))
    return Move("request", "marks nothing", state._replace(request="undoes" if before_the_seal else "is over"))


def work(design: Design, state: State, worker: Worker) -> Moves:
    """Takes a job, looks, claims, stores the result, finishes."""
    if worker.at == "idle":
        if state.jobs:
            yield Move("worker", "takes the job", _as(state._replace(jobs=state.jobs - 1), worker, "took"))
        return
    yield Move("worker", "dies", state.with_worker(worker, Worker()), "fault")
    if worker.at == "took":
        seen = "saw" if state.status == "QUEUED" else "idle"
        does = f"looks: {state.status}" + ("" if seen == "saw" else ", and drops the job")
        yield Move("worker", does, _as(state, worker, seen, state.seen))
    elif worker.at == "saw":
        yield _claim(design, state, worker)
    elif worker.at == "holds" and state.inputs:
        yield Move("worker", "stores the result", _as(state._replace(result=True), worker, "stored", worker.seen))
    else:
        yield _finish(design, state, worker)


def _claim(design: Design, state: State, worker: Worker) -> Move:
    if not design.wins(state, worker.seen):
        return Move("worker", "loses the claim", _as(state, worker, "idle"))
    claimed = state._replace(status="EXECUTING", attempt=min(state.attempt + 1, MAX_ATTEMPTS))
    return Move("worker", "claims: EXECUTING", _as(claimed, worker, "holds", claimed.seen))


def _finish(design: Design, state: State, worker: Worker) -> Move:
    after = _as(state, worker, "idle")
    if not design.wins(state, worker.seen):
        return Move("worker", "finishes too late", after)
    status = "COMPLETED" if worker.at == "stored" else "ERROR"
    return Move("worker", f"finishes: {status}", after._replace(status=status))


def _as(state: State, worker: Worker, at: str, seen: Seen | None = None) -> State:
    return state.with_worker(worker, Worker(at, seen) if seen and at != "idle" else Worker(at))


def reconcile(design: Design, state: State) -> Moves:
    """Looks at a row that seems left alone, then moves it. To take a living owner for dead is a fault."""
    if state.reconciler is not None:
        yield _act(design, state, state.reconciler)
        return
    alive = {"PENDING": state.request not in AT_REST, "EXECUTING": state.held}
    if state.status in alive or (state.status == "QUEUED" and not state.jobs):
        late = alive.get(state.status, False)
        does = f"looks: {state.status}, left alone" + (" (so it seems: its owner is slow)" if late else "")
        yield Move("reconciler", does, state._replace(reconciler=state.seen), "fault" if late else "normal")


def _act(design: Design, state: State, seen: Seen) -> Move:
    after = state._replace(reconciler=None)
    if not design.wins(state, seen):
        return Move("reconciler", "is too late", after)
    if seen.status == "QUEUED":
        return Move("reconciler", "enqueues", after._replace(jobs=min(state.jobs + 1, WORKERS)))
    if seen.status == "EXECUTING" and seen.attempt < MAX_ATTEMPTS:
        return Move("reconciler", "hands it back: QUEUED", after._replace(status="QUEUED"))
    return Move("reconciler", "gives it up: ERROR, and cleans up", _cleaned(after, "ERROR"))


def operate(design: Design, state: State) -> Moves:
    """An operator may stop what is live, and may look for a long time before that."""
    if state.operator is not None:
        after = state._replace(operator=None)
        won = design.wins(state, state.operator)
        yield Move("operator", "stops it", _cleaned(after, "STOPPED") if won else after, "wish")
    elif state.status != "none" and not state.over:
        yield Move("operator", f"looks: {state.status}", state._replace(operator=state.seen), "wish")


def _cleaned(state: State, status: str) -> State:
    return state._replace(status=status, inputs=False, result=False)
