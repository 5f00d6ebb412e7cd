"""
Rules run by themselves once a statement's lines have taken effect: nobody has to press a button.

They decide as in ``service.run``, by the versions that are on; twice is once. A closed day keeps
what it has, and what rules leave waits for a person as before.
"""

from __future__ import annotations

from uuid import UUID

import structlog

from payments.kernel.scope import Scope
from payments.matching import service
from payments.matching.service import DayLocked
from payments.reconciliation.importing import days_of, report
from payments.reconciliation.service import run as compare
from payments.runtime import Runtime

_log = structlog.get_logger("matching")


def match_imported(runtime: Runtime, scope: Scope, file: UUID) -> int:
    """
    Let the rules match the days of the statement *file*; tells how many lines they matched.

    A day on which a rule decided is compared with the bank anew.

    Raises:
        NoStatementFile: there is no such file.
    """
    with runtime.database.reading(scope) as tx:
        told = report(tx, file)
    matched = 0
    for day in days_of(told):
        try:
            done = service.run(runtime, scope, day)
        except DayLocked:
            _log.info("matching.day_locked", day=str(day))
            continue
        if done.matched:
            matched += len(done.matched)
            compare(runtime, scope, told.account, day)
    return matched
