"""Departments as revenue centres: added from a day, ended on a day, never deleted."""

from __future__ import annotations

from sqlalchemy import update

from payments import audit
from payments.catalogue import history, service
from payments.catalogue.model import (
    NAME_LETTERS_MAX,
    DepartmentTaken,
    PastDate,
    checked_code,
)
from payments.catalogue.rows import DEPARTMENT
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField, NotFound
from payments.kernel.scope import Scope
from payments.kernel.text import is_line, nfc
from payments.runtime import Runtime


def add(runtime: Runtime, scope: Scope, *, code: str, name: str, since: HospitalDay) -> None:
    """
    Add a department from *since* on.

    Raises:
        InvalidField: the code or the name is not acceptable.
        DepartmentTaken: the code is another's.
    """
    code = checked_code(code, "code")
    name = nfc(" ".join(name.split()))
    if not 1 <= len(name) <= NAME_LETTERS_MAX or not is_line(name):
        raise InvalidField("name", "department_name", most=NAME_LETTERS_MAX)
    with runtime.database.transaction(scope) as tx:
        if not service.add_department(tx, code, name, since=since):
            raise DepartmentTaken(code=code)
        audit.append(tx, "department.added", f"department:{code}", valid_from=str(since))


def end(runtime: Runtime, scope: Scope, code: str, on: HospitalDay) -> None:
    """
    End a department; *on* is the first day without it. Its services are not sold from then on.

    Raises:
        NotFound: no such department.
        PastDate: *on* is over: what was earned there stays earned.
    """
    with runtime.database.transaction(scope) as tx:
        if on < HospitalDay.of(tx.now()):
            raise PastDate(day=on)
        found = {one.code: one for one in history.departments(tx)}.get(code)
        if found is None:
            raise NotFound(f"no department {code!r}")
        tx.execute(
            update(DEPARTMENT)
            .where(DEPARTMENT.c.facility_id == tx.facility, DEPARTMENT.c.code == code)
            .values(valid_to=on.date)
        )
        audit.append(tx, "department.ended", f"department:{code}", valid_to=str(on))
