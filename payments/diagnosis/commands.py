"""``vienphi gateways list | check | explain | new``: for IT, and for who writes an adapter."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from payments.diagnosis import checking, explaining, listing, requests, subjects, writing
from payments.diagnosis.steps import Step
from payments.diagnosis.subjects import Subject
from payments.kernel.errors import InvalidField
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.words.catalogue import LANGUAGES, TERMINAL


def add_commands(subparsers: Any) -> None:
    """Add ``gateways`` and its verbs to the command line."""
    gateways = subparsers.add_parser("gateways", help="adapters: list, check, explain, new")
    verbs = gateways.add_subparsers(required=True)
    listed = verbs.add_parser("list", help="list adapters and their channels, without secrets")
    listed.add_argument("--json", action="store_true", help="for programs")
    listed.set_defaults(run_with=_list)
    check = verbs.add_parser("check", help="check stored settings, and ask the gateway")
    _subject(check)
    check.set_defaults(run_with=_check)
    explain = verbs.add_parser("explain", help="say why one message is accepted or refused")
    _subject(explain)
    explain.add_argument(
        "file", nargs="?", metavar="FILE", help="request line, headers, body; else standard input"
    )
    explain.add_argument("--at", metavar="TIME", help="when it came, as 2026-11-24T08:00:00+07:00")
    explain.set_defaults(run_with=_explain)
    new = verbs.add_parser("new", help="write the folder of an adapter of your own, ready to run")
    new.add_argument("name", metavar="NAME", help="small letters and digits: mybank")
    new.add_argument("--kind", choices=writing.KINDS, default=writing.KINDS[0])
    new.add_argument("--into", metavar="DIR", type=Path, default=Path(), help="else here")
    new.set_defaults(run=_new)


def _subject(parser: Any) -> None:
    parser.add_argument("name", metavar="NAME", help="a channel, or an adapter that has one")
    parser.add_argument(
        "--sandbox", action="store_true", help="with the public settings of its sandbox"
    )
    parser.add_argument("--lang", choices=LANGUAGES, default=TERMINAL, help="language")
    parser.add_argument("--json", action="store_true", help="for programs")


def _list(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    found = listing.adapters(runtime, scope)
    if args.json:
        print(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=2))
        return 0
    for one in found:
        enabled = "enabled" if one.is_enabled else "not enabled"
        print(f"{one.name:<14}  {enabled:<11}  {one.proof or '-':<9}  {one.fault or one.title}")
        if one.supports:
            print(f"    {' '.join(one.supports)}")
        for used in one.channels:
            print(f"    {used.slug} version {used.version}: {used.state}, keys {used.keys}")
    return 0


def _check(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    steps = checking.check(runtime, _chosen(runtime, scope, args))
    return _print(args, steps, is_good=checking.is_good(steps))


def _explain(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    at = _moment(args.at) if args.at else runtime.clock.now()
    kept = requests.parse(_content(args.file), at)
    subject = _chosen(runtime, scope, args, hint=explaining.hint(kept))
    told = explaining.explain(runtime, scope, subject, kept)
    return _print(args, told.steps, is_good=told.is_accepted)


def _new(args: argparse.Namespace) -> int:
    """Write it: no database, no settings are needed."""
    written = writing.write(args.name, args.kind, args.into)
    for one in written:
        print(one)
    folder = args.into / f"vienphi-{args.name}"
    print(f'\nIn the environment of Vienphi: cd {folder} && pip install -e ".[test]" && pytest')
    return 0


def _chosen(runtime: Runtime, scope: Scope, args: argparse.Namespace, *, hint: str = "") -> Subject:
    if args.sandbox:
        return subjects.at_sandbox(args.name)
    return subjects.of_channel(runtime, scope, args.name, hint=hint)


def _content(name: str | None) -> bytes:
    most = requests.FILE_MAX_BYTES + 1
    if name is None:
        return sys.stdin.buffer.read(most)
    try:
        with Path(name).open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise InvalidField("file", "request_file", file=name) from error


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidField("at", "request_at") from None
    if at.tzinfo is None:
        raise InvalidField("at", "request_at")
    return at.astimezone(UTC)


def _print(args: argparse.Namespace, steps: Sequence[Step], *, is_good: bool) -> int:
    if args.json:
        told = [step.for_programs(args.lang) for step in steps]
        print(json.dumps({"good": is_good, "steps": told}, ensure_ascii=False, indent=2))
    else:
        for step in steps:
            print(step.line(args.lang))
    return 0 if is_good else 1
