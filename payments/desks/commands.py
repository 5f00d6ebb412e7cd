"""``vienphi desk``: cash points and their screens from the command line."""

from __future__ import annotations

import argparse
from typing import Any
from uuid import UUID

from payments.desks import pairing, queries, service
from payments.kernel.scope import Scope
from payments.runtime import Runtime


def add_commands(subparsers: Any) -> None:
    desk = subparsers.add_parser("desk", help="cash points and their second screens")
    verbs = desk.add_subparsers(required=True)
    add = verbs.add_parser("add", help="add a cash point")
    add.add_argument("code", help="a capital, then capitals and digits: Q1")
    add.add_argument("name", help="as it stands over the window")
    add.add_argument("--department", help="code of the department that it belongs to")
    add.set_defaults(run_with=_add)
    listed = verbs.add_parser("list", help="list the cash points")
    listed.set_defaults(run_with=_list)
    for verb, told in (
        ("close", "close a cash point and unpair its screens"),
        ("open", "open it again"),
    ):
        changing = verbs.add_parser(verb, help=told)
        changing.add_argument("code")
        changing.set_defaults(run_with=_change, is_active=verb == "open")
    screens = verbs.add_parser("screens", help="list the paired screens")
    screens.set_defaults(run_with=_screens)
    unpair = verbs.add_parser("unpair", help="end a screen's right to show anything")
    unpair.add_argument("screen", type=UUID)
    unpair.set_defaults(run_with=_unpair)


def _add(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    with runtime.database.transaction(scope) as tx:
        made = service.add(tx, args.code, args.name, department=args.department)
    print(f"{made.code}  {made.name}")
    return 0


def _list(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    with runtime.database.reading(scope) as tx:
        for one in queries.cash_points(tx):
            state = "open" if one.is_active else "closed"
            print(f"{one.code:<6}  {state:<6}  {one.department or '-':<8}  {one.name}")
    return 0


def _change(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    service.set_active(runtime, scope, args.code, is_active=args.is_active)
    return 0


def _screens(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    with runtime.database.reading(scope) as tx:
        for one in queries.devices(tx):
            state = "lost" if one.is_lost(tx.now()) else "on"
            print(f"{one.id}  {one.cash_point:<6}  {state:<4}  paired {one.paired_at:%Y-%m-%d}")
    return 0


def _unpair(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    pairing.unpair(runtime, scope, args.screen)
    return 0
