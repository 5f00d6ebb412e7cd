"""Admits patients: a stay owns its advances, from the first one to the settlement."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from payments import audit
from payments.catalogue.history import departments
from payments.encounters.service import open_stay
from payments.kernel.errors import InvalidField
from payments.kernel.scope import Scope
from payments.numbering.service import NumberTaken, take, use
from payments.patients.queries import records_of
from payments.runtime import Runtime
from payments.stays import repository
from payments.stays.model import HasStay, Stay
from payments.stays.status import State
from payments.storage.unit_of_work import UnitOfWork

#: Số nhập viện: NT26000123.
SERIES: Final = "NT"
_EXTERNAL: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]{0,39}")


@dataclass(frozen=True, slots=True)
class Admission:
    """*external_id* is what the hospital's system calls the stay; "" at a desk."""

    patient: UUID
    department: str
    key: str
    external_id: str = ""


def admit(runtime: Runtime, scope: Scope, asked: Admission) -> Stay:
    """
    Open a stay; a repeat of the key gives the same one.

    Raises:
        InvalidField: no department of that code, or a name that no system gives.
        HasStay: the patient has an open stay.
    """
    if asked.external_id and not _EXTERNAL.fullmatch(asked.external_id):
        raise InvalidField("external_id", "stay_external")
    with runtime.database.reading(scope) as tx:
        known = repository.of_key(tx, asked.key)
        if known is not None:
            return known
        _check(tx, asked)
    subject = f"stay:{asked.key}"
    with runtime.database.transaction(scope) as tx:
        number = take(tx, SERIES, subject, state="reserved")
    try:
        return runtime.database.run(scope, lambda tx: _admit(tx, asked, number, subject))
    except NumberTaken:
        # The other click of the same form committed while this one waited for its number.
        with runtime.database.reading(scope) as tx:
            known = repository.of_key(tx, asked.key)
        if known is None:
            raise
        return known


def _check(tx: UnitOfWork, asked: Admission) -> None:
    if asked.department not in {one.code for one in departments(tx)}:
        raise InvalidField("department", "stay_department")
    if repository.open_of(tx, records_of(tx, asked.patient)) is not None:
        raise HasStay()


def _admit(tx: UnitOfWork, asked: Admission, number: str, subject: str) -> Stay:
    use(tx, SERIES, subject)
    _check(tx, asked)
    made = Stay(
        open_stay(tx, asked.patient),
        asked.patient,
        number,
        asked.department,
        asked.external_id,
        tx.now(),
        State.OPEN,
        0,
        secrets.token_urlsafe(16),
        None,
        "",
    )
    repository.add(tx, made, asked.key)
    audit.append(tx, "stay.opened", f"stay:{made.encounter}", number=number)
    return made
