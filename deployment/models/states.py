"""The states of an execution and of a file, and which of them are live."""

from __future__ import annotations

from enum import StrEnum


class ExecutionStatus(StrEnum):
    """Where an execution stands. A live one has a lease; a terminal one has none, and never changes."""

    PENDING = "PENDING"  # accepted; its request is staging the files
    QUEUED = "QUEUED"  # sealed; no worker has claimed a file yet
    EXECUTING = "EXECUTING"  # at least one file has been claimed
    COMPLETED = "COMPLETED"  # ended, at least one file succeeded
    ERROR = "ERROR"  # ended without a result; `error` says why
    STOPPED = "STOPPED"  # ended by request


class FileStatus(StrEnum):
    """Where one file of an execution stands."""

    WAITING = "WAITING"  # its turn has not come
    QUEUED = "QUEUED"  # a ticket for it is, or should be, in the queue
    EXECUTING = "EXECUTING"  # a worker holds it
    SUCCESS = "SUCCESS"  # its result is stored
    FAILED = "FAILED"  # `error` says why
    STOPPED = "STOPPED"  # ended by request


class DeliveryStatus(StrEnum):
    """Where a webhook's delivery stands."""

    PENDING = "PENDING"  # to be sent, or to be sent again
    DELIVERED = "DELIVERED"  # the receiver answered with 2xx
    GIVEN_UP = "GIVEN_UP"  # the receiver did not take it for a day, or said that it never will


class EventType(StrEnum):
    """What a webhook is told of: an end that everybody waits for, whichever it is."""

    COMPLETED = "execution.completed"
    FAILED = "execution.failed"
    STOPPED = "execution.stopped"


TEST_EVENT = "webhook.test"
"""Sent when somebody asks for it: to see that an endpoint gets what it is sent."""

LIVE = (ExecutionStatus.PENDING, ExecutionStatus.QUEUED, ExecutionStatus.EXECUTING)
OPEN = (FileStatus.WAITING, FileStatus.QUEUED, FileStatus.EXECUTING)
