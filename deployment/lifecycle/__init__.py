"""Every legal move of an execution and of its files. Nothing else in the product writes `status`.

Each move is a compare-and-swap inside the caller's transaction, and says whether it won. Locks are always
taken in one order: installation, organisation, key, execution, files by ordinal.
"""

from deployment.lifecycle.delivering import delivered, not_delivered, redeliver, take_delivery
from deployment.lifecycle.ending import end
from deployment.lifecycle.flight import first_tickets
from deployment.lifecycle.move import Move
from deployment.lifecycle.rescue import abandon, look_after, postpone, redispatch, wait_on
from deployment.lifecycle.retrying import retry
from deployment.lifecycle.staging import accept, fail_undispatched, fetched, renew_staging, seal
from deployment.lifecycle.work import claim, claimed, fail, hand_back, holds, lose, renew, succeed

__all__ = [
    "Move",
    "abandon",
    "accept",
    "claim",
    "claimed",
    "delivered",
    "end",
    "fail",
    "fail_undispatched",
    "fetched",
    "first_tickets",
    "hand_back",
    "holds",
    "look_after",
    "lose",
    "not_delivered",
    "postpone",
    "redeliver",
    "redispatch",
    "renew",
    "renew_staging",
    "retry",
    "seal",
    "succeed",
    "take_delivery",
    "wait_on",
]
