"""``vienphi backup create | verify | restore | key``."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from payments.keys import Keys, WrongKeys
from payments.operations.backups import recipients, service
from payments.operations.backups.facts import Facts, Proof
from payments.operations.backups.recipients import FromRing, Opener, Recipient, ToPublic


def add_commands(subparsers: Any) -> None:
    """Add ``backup`` and its commands to the command line."""
    parser = subparsers.add_parser("backup", help="back up the database, verify and restore it")
    verbs = parser.add_subparsers(required=True)
    made = verbs.add_parser("create", help="copy the running database into a new sealed file")
    made.add_argument("file", type=Path)
    made.add_argument("--url", required=True, help="as vp_backup on PostgreSQL")
    made.add_argument("--keys", type=Path, metavar="FILE", help="seal with the keys file")
    made.add_argument("--to", type=Path, metavar="FILE", help="seal for the holder of this key")
    _add_tools(made)
    made.set_defaults(run=_create)
    verified = verbs.add_parser("verify", help="open all of a backup; exit 1 if it is not proven")
    verified.add_argument("file", type=Path)
    _add_openers(verified)
    _add_tools(verified)
    verified.set_defaults(run=_verify)
    restored = verbs.add_parser("restore", help="bring a backup into an empty place and prove it")
    restored.add_argument("file", type=Path)
    restored.add_argument("--url", required=True, help="an empty place; vp_owner on PostgreSQL")
    _add_openers(restored)
    _add_tools(restored)
    restored.set_defaults(run=_restore)
    paired = verbs.add_parser("key", help="make a key pair: FILE (kept apart) and FILE.pub")
    paired.add_argument("file", type=Path)
    paired.set_defaults(run=_key)


def _add_openers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--keys", type=Path, metavar="FILE", help="the keys file of that time")
    parser.add_argument("--private", type=Path, metavar="FILE", help="the private key of the pair")


def _add_tools(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tools", type=Path, metavar="DIR", help="folder of pg_dump, pg_restore")


def _create(args: argparse.Namespace) -> int:
    began = time.monotonic()
    made = service.create(args.url, args.file, _recipient(args), tools=args.tools)
    seconds = time.monotonic() - began
    _say(made.facts)
    print(f"{args.file}: {made.bytes} bytes, {seconds:.1f} s; keep its key apart from it")
    return 0


def _verify(args: argparse.Namespace) -> int:
    began = time.monotonic()
    wanted, proof = service.verify(args.file, _opener(args), tools=args.tools)
    _say(wanted)
    if proof is None:
        print("whole: every chunk opens; to prove its books, restore it into an empty database")
        return 0
    return _judge(proof, time.monotonic() - began)


def _restore(args: argparse.Namespace) -> int:
    began = time.monotonic()
    wanted, proof = service.restore(args.file, args.url, _opener(args), tools=args.tools)
    _say(wanted)
    print(f"restored into {make_url(args.url).render_as_string(hide_password=True)}")
    return _judge(proof, time.monotonic() - began)


def _key(args: argparse.Namespace) -> int:
    public = recipients.new_pair(args.file)
    print(f"{args.file}: opens backups; keep it in the safe, and a copy elsewhere")
    print(f"{public}: for `vienphi backup create --to`")
    return 0


def _recipient(args: argparse.Namespace) -> Recipient:
    if (args.keys is None) == (args.to is None):
        raise WrongKeys("a backup is never plain: give --keys FILE, or --to FILE.pub")
    if args.keys is not None:
        return FromRing(Keys.read(args.keys))
    return ToPublic(recipients.read_public(args.to))


def _opener(args: argparse.Namespace) -> Opener:
    return Opener(
        None if args.keys is None else Keys.read(args.keys),
        None if args.private is None else recipients.read_private(args.private),
    )


def _say(told: Facts) -> None:
    print(
        f"{told.engine}, {told.mode}, schema {told.revision}, release {told.release}:"
        f" {sum(told.rows.values())} rows of {len(told.rows)} tables at {told.made_at}"
    )
    for one in told.facilities:
        print(
            f"{one.facility}: {one.moved} đ moved, sum {one.sum} đ;"
            f" ledger {one.ledger_seals} {one.ledger_head};"
            f" audit {one.audit_seals} {one.audit_head}"
        )


def _judge(proof: Proof, seconds: float) -> int:
    for finding in proof.findings:
        print(finding, file=sys.stderr)
    print(
        f"{proof.seals} sealed transactions, {proof.postings} postings, {proof.events} events"
        f" recomputed, {seconds:.1f} s: {'NOT proven' if proof.findings else 'proven'}"
    )
    return 1 if proof.findings else 0
