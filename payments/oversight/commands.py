"""``vienphi security-report | evidence-pack | verify-evidence``: for a review, for an incident."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from payments.kernel.calendar import HospitalDay
from payments.kernel.scope import Scope
from payments.ledger import anchor_keys
from payments.oversight import checking_pack, pack, report
from payments.oversight.checking_pack import WrongEvidence
from payments.oversight.insiders import report as insiders
from payments.oversight.pack import Span
from payments.runtime import Runtime
from payments.words.arguments import hospital_day, unreadable


def add_commands(subparsers: Any) -> None:
    """Add the commands to the command line."""
    made = subparsers.add_parser(
        "security-report", help="weak places, versions, chains; exit 1 where one weighs high"
    )
    made.add_argument(
        "--advisories", type=Path, metavar="DIR", help="known vulnerabilities (OSV, JSON)"
    )
    made.add_argument("--key", type=Path, metavar="FILE", help="sign it with this key (PEM)")
    made.add_argument("--out", type=Path, metavar="FILE", help="write the whole report there")
    made.set_defaults(run_with=_report)
    inside = subparsers.add_parser(
        "insider-report", help="patterns by which money leaves from inside, of some days"
    )
    inside.add_argument("--day", type=hospital_day, metavar="YYYY-MM-DD", help="default yesterday")
    inside.add_argument("--days", type=int, default=1, metavar="N", help="so many, ending then")
    inside.set_defaults(run_with=_inside)
    packed = subparsers.add_parser("evidence-pack", help="the evidence of some days in one file")
    packed.add_argument(
        "--from", dest="first", type=hospital_day, required=True, metavar="YYYY-MM-DD"
    )
    packed.add_argument(
        "--to", type=hospital_day, metavar="YYYY-MM-DD", help="default the same day"
    )
    packed.add_argument("--key", type=Path, metavar="FILE", help="sign it with this key (PEM)")
    packed.add_argument("--out", type=Path, metavar="FILE", required=True)
    packed.set_defaults(run_with=_pack)
    verify = subparsers.add_parser(
        "verify-evidence", help="check a file of evidence without any database; exit 1 if it fails"
    )
    verify.add_argument("file", type=Path, metavar="FILE")
    verify.add_argument("--key", type=Path, metavar="FILE", help="the hospital's public key (PEM)")
    verify.set_defaults(run=_verify)


def _report(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    key = None if args.key is None else anchor_keys.read_key(args.key)
    made = report.make(runtime, scope, brought=args.advisories)
    if args.out is not None:
        args.out.write_text(made.text(key), encoding="utf-8")
        print(f"{args.out}: {'signed' if key is not None else 'not signed, no --key'}")
    for one in made.weak:
        print(f"{one.weight.value:<6} {one.id:<24} {one.where}\n       {one.todo} ({one.basis})")
    print(f"{len(made.weak)} weak places")
    return 0 if made.is_clean else 1


def _inside(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    last = args.day or HospitalDay.of(runtime.clock.now()).plus(-1)
    found = insiders.of_days(runtime, scope, last.plus(1 - max(1, args.days)), last)
    for one in found:
        print(f"{one.day}  {one.pattern.value:<20} {one.who:<24} {one.amount:>14} đ")
        print(f"            {one.why}")
        print(f"            {', '.join(one.ids)}")
    print(f"{len(found)} to look at; a pattern is no verdict")
    return 0


def _pack(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    key = None if args.key is None else anchor_keys.read_key(args.key)
    span = Span(args.first, args.to or args.first)
    if span.last.date < span.first.date:
        print("evidence-pack: --to is before --from")
        return 2
    made = report.make(runtime, scope)
    content = pack.build(runtime, scope, span, made, key)
    try:
        args.out.write_bytes(content)
    except OSError as error:
        raise unreadable(error) from error
    signed = "signed" if key is not None else "not signed, no --key"
    print(f"{args.out}: {len(content):,} bytes, {signed}")
    return 0


def _verify(args: argparse.Namespace) -> int:
    key = None if args.key is None else anchor_keys.read_public_key(args.key)
    given = checking_pack.read(_content_of(args.file))
    told = given.manifest
    print(f"facility {told.get('facility')}, {told.get('first')} to {told.get('last')}")
    print(f"{len(given.members)} members, made at {told.get('made_at')}")
    if key is None:
        print("note: no --key; signatures were checked with the keys in the file")
    found = list(checking_pack.faults(given, key))
    for fault in found:
        print(f"wrong: {fault}")
    print("NOT sound" if found else "sound")
    return 1 if found else 0


def _content_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(checking_pack.FILE_BYTES_MAX + 1)
    except OSError as error:
        raise unreadable(error) from error
    if len(content) > checking_pack.FILE_BYTES_MAX:
        raise WrongEvidence(f"{path}: larger than any evidence")
    return content
