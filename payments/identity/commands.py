"""``vienphi user``: users from the command line."""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import Any

from payments.identity import queries, service
from payments.identity.permissions import Role
from payments.kernel.errors import NotFound
from payments.kernel.scope import Scope
from payments.runtime import Runtime


def add_commands(subparsers: Any) -> None:
    user = subparsers.add_parser("user", help="add, list or disable a user of this facility")
    verbs = user.add_subparsers(required=True)
    add = verbs.add_parser("add", help="add a user; the password is asked, or read from a pipe")
    add.add_argument("login")
    add.add_argument("name")
    add.add_argument("--role", required=True, choices=[role.value for role in Role])
    add.set_defaults(run_with=_add)
    listed = verbs.add_parser("list", help="list the users")
    listed.set_defaults(run_with=_list)
    disable = verbs.add_parser("disable", help="let a user in no more, and end the sessions")
    disable.add_argument("login")
    disable.set_defaults(run_with=_disable)


def _add(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    user = service.add_user(
        runtime,
        scope,
        login=args.login,
        name=args.name,
        role=Role(args.role),
        password=_password(),
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
    with runtime.database.reading(scope) as tx:
        found = [user for user in queries.users(tx) if user.login == args.login]
    if not found:
        raise NotFound("no user has this login")
    service.disable(runtime, scope, found[0].id)
    return 0


def _password() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("Password: ")
    return sys.stdin.readline().rstrip("\n")
