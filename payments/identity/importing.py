"""Users from a file: all of it or nothing, and every wrong line at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from payments import audit
from payments.identity import passwords, queries, repository, staff
from payments.identity.model import (
    User,
    checked_login,
    checked_name,
    checked_person,
)
from payments.identity.permissions import Role, conflict
from payments.kernel.errors import InvalidField, Problem
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.sheets import Line, Titles, UnreadableSheet, read
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork

#: Each gets a password, and each hash takes 20 ms by intention.
ROWS_MAX: Final = 300
TITLES: Final[Titles] = MappingProxyType(
    {
        "login": ("Tên đăng nhập", "login"),
        "name": ("Họ và tên", "Họ tên", "name"),
        "role": ("Vai trò", "role"),
        "person": ("Mã nhân viên", "Mã NV", "person"),
    }
)


@dataclass(frozen=True, slots=True)
class Row:
    """One person of the file; *is_new* is False where the login is there, the same in all."""

    login: str
    name: str
    role: Role
    person: str
    is_new: bool


def shown(
    runtime: Runtime, scope: Scope, content: bytes, roles: Mapping[str, Role]
) -> tuple[Row, ...]:
    """
    Read a file of users; *roles* gives the words that mean a role, unmarked and in lower case.

    Raises:
        UnreadableSheet: lines are wrong, with line, column and what to do.
    """
    lines, problems = read(content, TITLES, rows_max=ROWS_MAX)
    with runtime.database.reading(scope) as tx:
        known = queries.users(tx)
    rows: list[tuple[Line, Row]] = []
    for line in lines:
        row = _row(line, known, roles, problems)
        if row is not None:
            _refuse_twice(line, row, known, rows, problems)
            rows.append((line, row))
    if not rows and not problems:
        problems.append(Problem(None, "", "sheet.empty"))
    if problems:
        raise UnreadableSheet(problems)
    return tuple(row for _, row in rows)


def add_all(runtime: Runtime, scope: Scope, rows: Sequence[Row]) -> tuple[tuple[User, str], ...]:
    """
    Add the new ones of *rows* in one commit; returns each with a password for one sign-in.

    Raises:
        LoginTaken, RoleConflict: somebody was added since the file was shown; nothing is added.
    """
    made = []
    for row in rows:
        if row.is_new:
            user = User(
                new_id(),
                row.login,
                row.name,
                row.role,
                is_disabled=False,
                must_change=True,
                person=row.person,
            )
            password = staff.first_password()
            made.append((user, password, passwords.hash_of(password)))
    with runtime.database.transaction(scope) as tx:
        for user, _, hashed in made:
            _add(tx, user, hashed)
    return tuple((user, password) for user, password, _ in made)


def _add(tx: UnitOfWork, user: User, hashed: str) -> None:
    queries.refuse_conflict(tx, user)
    repository.add(tx, user, hashed)
    audit.append(tx, "user.added", f"user:{user.id}", role=user.role.value, by="import")


def _row(
    line: Line, known: Sequence[User], roles: Mapping[str, Role], problems: list[Problem]
) -> Row | None:
    wrong = [
        line.problem(field, "sheet.missing")
        for field in ("login", "name", "role")
        if not line.cells[field]
    ]
    told = {}
    for field, check in (
        ("login", checked_login),
        ("name", checked_name),
        ("person", checked_person),
    ):
        try:
            told[field] = check(line.cells[field])
        except InvalidField as error:
            if line.cells[field]:
                wrong.append(line.refused(field, error))
    role = roles.get(" ".join(line.cells["role"].lower().split()))
    if role is None and line.cells["role"]:
        names = ", ".join(one.value for one in Role)
        wrong.append(line.problem("role", "users.role", role=line.cells["role"], roles=names))
    problems += wrong
    if wrong or role is None:
        return None
    same = next((one for one in known if one.login == told["login"]), None)
    row = Row(told["login"], told["name"], role, told["person"], is_new=same is None)
    if same is not None and (same.name, same.role, same.person) != (row.name, role, row.person):
        problems.append(line.problem("login", "users.taken", login=row.login))
        return None
    return row


def _refuse_twice(
    line: Line,
    row: Row,
    known: Sequence[User],
    before: Sequence[tuple[Line, Row]],
    problems: list[Problem],
) -> None:
    """Refuse a login twice in the file, and roles of one person that must be two persons'."""
    for other_line, other in before:
        if other.login == row.login:
            problems.append(line.problem("login", "sheet.twice", former=other_line.number))
    if not row.person:
        return
    held = [(one.login, one.role, one.person) for one in known if not one.is_disabled]
    held += [(one.login, one.role, one.person) for _, one in before]
    for login, role, person in held:
        if person == row.person and login != row.login and conflict(role, row.role):
            problems.append(
                line.problem("role", "users.conflict", person=person, role=role.value, login=login)
            )
            return
