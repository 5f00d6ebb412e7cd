"""``vienphi demo``: from an empty folder to a working hospital."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

from payments.demo.making import PASSWORD, USERS, Place, make
from payments.demo.processes import Programs, refuse_taken_ports
from payments.identity.permissions import Role


def add_commands(subparsers: Any) -> None:
    parser = subparsers.add_parser("demo", help="a working trial hospital on this machine")
    parser.add_argument("--port", type=int, default=8080, help="the next two are bank and portal")
    parser.add_argument(
        "--data", type=Path, default=Path("vienphi-demo"), help="folder it lives in"
    )
    parser.add_argument("--reset", action="store_true", help="forget its data first")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    place = Place(args.data.resolve(), args.port)
    refuse_taken_ports(place)
    if args.reset:
        shutil.rmtree(place.data, ignore_errors=True)
    if not place.data.exists():
        print("Making the hospital and its past three days …", flush=True)
        make(place)
    _welcome(place)
    return Programs(place).run()


def _welcome(place: Place) -> None:
    print(f"\n  Quầy thu, đối soát:    {place.web_url}/")
    print(f"  Màn hình phụ quầy Q1:  {place.web_url}/display")
    print(f"  Ngân hàng Thử nghiệm:  {place.bank_url}/")
    print(f"  Cổng BHYT thử nghiệm:  {place.portal_url}/sandbox/portal/\n")
    for login, name, role in USERS:
        print(f"  {login:<14} {PASSWORD}   {name} ({_DUTY[role]})")
    print("\n  Ctrl-C ends it; the data stay in", place.data, flush=True)


_DUTY = {
    Role.CASHIER: "thu ngân",
    Role.HEAD_CASHIER: "tổ trưởng thu ngân",
    Role.ACCOUNTANT: "kế toán viện phí",
    Role.CHIEF_ACCOUNTANT: "kế toán trưởng",
    Role.IT_ADMIN: "quản trị hệ thống",
}
