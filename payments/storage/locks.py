"""The one order in which rows are locked: two transactions that follow it never deadlock."""

from __future__ import annotations

from enum import IntEnum


class LockOrderBroken(AssertionError):
    """A programming error, found the first time the code path runs."""


class Lock(IntEnum):
    """
    Kinds of rows, first to last. Within a kind rows are locked by id.

    No account is ever locked; number series come last, in a short transaction of their own.
    """

    IDEMPOTENCY = 1
    NOTIFICATION = 2
    SHIFT = 3
    ENCOUNTER = 4
    INVOICE = 5
    INTENT = 6
    BANK_CREDIT = 7
    PAYMENT = 8
    REFUND = 9
    CLAIM_PERIOD = 10
    CLAIM = 11
    SETTLEMENT = 12
    #: Taken FOR KEY SHARE by every posting; closing the day takes it FOR UPDATE.
    PERIOD = 13
    PERIOD_CLOSE = 14
    NUMBER_SERIES = 15
