"""``vienphi user``: users from the command line."""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path
from typing import Any

from payments.identity import importing, permission_page, queries, service, staff
from payments.identity.model import User
from payments.identity.permissions import Role
from payments.kernel.errors import NotFound
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.sheets import UnreadableSheet
from payments.words.catalogue import LANGUAGES, TERMINAL, say
from payments.words.explaining import of_problem


def add_commands(subparsers: Any) -> None:
    user = subparsers.add_parser("user", help="users of this facility: add, list, roles, sessions")
    verbs = user.add_subparsers(required=True)
    add = verbs.add_parser("add", help="add a user; the password is asked, or read from a pipe")
    add.add_argument("login")
    add.add_argument("name")
    add.add_argument("--role", required=True, choices=[role.value for role in Role])
    add.add_argument("--person", default="", help="number of the person in the hospital's list")
    add.set_defaults(run_with=_add)
    listed = verbs.add_parser("list", help="list the users")
    listed.set_defaults(run_with=_list)
    _add_more(verbs)
    disable = verbs.add_parser("disable", help="let a user in no more, and end the sessions")
    disable.add_argument("login")
    disable.set_defaults(run_with=_disable)


def _add_more(verbs: Any) -> None:
    for verb, run, told in (
        ("enable", _enable, "let a user in again"),
        ("sign-out", _sign_out, "end all sessions of a user"),
        ("reset-factor", _reset_factor, "forget a lost telephone; the user enrols again"),
        ("give-password", _give_password, "print a password that is good for one sign-in"),
    ):
        more = verbs.add_parser(verb, help=told)
        more.add_argument("login")
        more.set_defaults(run_with=run)
    role = verbs.add_parser("role", help="give a user another role")
    role.add_argument("login")
    role.add_argument("role", choices=[role.value for role in Role])
    role.set_defaults(run_with=_change_role)
    from_file = verbs.add_parser("import", help="add users from a file (CSV or XLSX)")
    from_file.add_argument("file", type=Path)
    from_file.add_argument("--dry-run", action="store_true", help="say what would be added")
    from_file.set_defaults(run_with=_import)
    table = verbs.add_parser("permissions", help="print who may do what, as Markdown")
    table.set_defaults(run=_permissions)


def _add(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    user = service.add_user(
        runtime,
        scope,
        login=args.login,
        name=args.name,
        role=Role(args.role),
        password=_password(),
        person=args.person,
    )
    print(f"{user.login}  {user.role.value}  {user.name}")
    return 0


def _list(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    with runtime.database.reading(scope) as tx:
        for user in queries.users(tx):
            state = "disabled" if user.is_disabled else "active"
            print(f"{user.login:<32}  {user.role.value:<16}  {state:<8}  {user.name}")
    return 0


def _disable(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    service.disable(runtime, scope, _found(runtime, scope, args.login).id)
    return 0


def _enable(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    staff.enable(runtime, scope, _found(runtime, scope, args.login).id)
    return 0


def _sign_out(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    ended = staff.end_sessions(runtime, scope, _found(runtime, scope, args.login).id)
    print(f"{ended} sessions ended")
    return 0


def _reset_factor(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    staff.reset_factor(runtime, scope, _found(runtime, scope, args.login).id)
    return 0


def _give_password(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    _, password = staff.give_password(runtime, scope, _found(runtime, scope, args.login).id)
    print(password)
    return 0


def _change_role(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    staff.change_role(runtime, scope, _found(runtime, scope, args.login).id, Role(args.role))
    return 0


def _import(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    try:
        content = args.file.read_bytes()
    except OSError as error:
        raise NotFound(f"{args.file} cannot be read: {error.strerror}") from error
    roles = {
        word.lower(): role
        for role in Role
        for word in (role.value, *(say(f"role.{role}", one) for one in LANGUAGES))
    }
    try:
        rows = importing.shown(runtime, scope, content, roles)
    except UnreadableSheet as error:
        for problem in error.problems:
            place = ", ".join(str(part) for part in (problem.line, problem.field) if part)
            print(f"{place or args.file}: {of_problem(problem, TERMINAL)}", file=sys.stderr)
        raise
    for row in rows:
        state = "new" if row.is_new else "known"
        print(f"{state:<6} {row.login:<32} {row.role.value:<16} {row.name}")
    if not args.dry_run:
        for user, password in importing.add_all(runtime, scope, rows):
            print(f"{user.login:<32} {password}")
    return 0


def _permissions(args: argparse.Namespace) -> int:
    print(permission_page.markdown(), end="")
    return 0


def _found(runtime: Runtime, scope: Scope, login: str) -> User:
    with runtime.database.reading(scope) as tx:
        for user in queries.users(tx):
            if user.login == login:
                return user
    raise NotFound("no user has this login")


def _password() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("Password: ")
    return sys.stdin.readline().rstrip("\n")
