"""The daily list of patterns: of one day, seen beside the month and the quarter before it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Final

from payments.kernel.calendar import HospitalDay
from payments.kernel.scope import Scope
from payments.oversight.insiders import gathering, patterns
from payments.oversight.insiders.model import Found
from payments.runtime import Runtime

#: What is usual for a person.
_MONTH: Final = 30
#: Families come again within a quarter.
_QUARTER: Final = 90


def of_days(runtime: Runtime, scope: Scope, first: HospitalDay, last: HospitalDay) -> list[Found]:
    """List what the patterns find on the days *first* to *last*, the largest amount first."""
    month = first.plus(-_MONTH)
    quarter = first.plus(-_QUARTER)
    with runtime.database.snapshot(scope) as tx:
        found = [
            *patterns.void_after_print(gathering.voided(tx, first.starts_at, last.ends_at)),
            *patterns.many_small_refunds(gathering.asked(tx, month.starts_at, last.ends_at)),
            *patterns.one_account(
                gathering.sent(tx, runtime.keys, quarter.starts_at, last.ends_at)
            ),
            *patterns.price_dip(
                gathering.prices(tx, month.date, last.date), partial(gathering.sold, tx)
            ),
        ]
    # A dip shows only when the price is back: it stays on the list for as long as it may last.
    begin = first.date - timedelta(days=patterns.PRICE_DAYS_MAX)
    listed = [one for one in found if begin <= one.day <= last.date]
    return sorted(listed, key=lambda one: (-one.amount, one.pattern.value, one.who, one.ids))
