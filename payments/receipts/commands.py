"""``vienphi receipt-proof`` and ``vienphi verify-receipt``: the booking of a receipt, provable."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from payments.kernel.scope import Scope
from payments.ledger import anchor_keys
from payments.ledger.proofs import WrongProof
from payments.receipts import proving
from payments.runtime import Runtime


def add_commands(subparsers: Any) -> None:
    """Add both commands to the command line."""
    prove = subparsers.add_parser("receipt-proof", help="write the proof file of a receipt")
    prove.add_argument("number", metavar="NUMBER", help="as printed: BL26000001")
    prove.add_argument("--out", type=Path, metavar="FILE", help="default NUMBER.proof.json")
    prove.set_defaults(run_with=_prove)
    verify = subparsers.add_parser(
        "verify-receipt", help="check a proof file without any database; exit 1 if it does not hold"
    )
    verify.add_argument("file", type=Path, metavar="FILE")
    verify.add_argument(
        "--key", type=Path, metavar="FILE", help="the hospital's public key of anchors (PEM)"
    )
    verify.set_defaults(run=_verify)


def _prove(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    with runtime.database.reading(scope) as tx:
        made = proving.prove(tx, proving.payment_of(tx, args.number))
    path = args.out or Path(f"{made.number}.proof.json")
    path.write_text(made.text(), encoding="utf-8")
    print(f"{path}: seal {made.proof.seal.seq}, {made.proof.seal.short}")
    return 0


def _verify(args: argparse.Namespace) -> int:
    key = None if args.key is None else anchor_keys.read_public_key(args.key)
    given = proving.read(_text_of(args.file))
    booked, anchor = proving.booking(given), given.proof.anchor
    print(f"receipt {given.number} of facility {given.facility:05d}: {given.amount.dong} đồng")
    print(f"booked on {booked.get('booked_on')} as {booked.get('kind')}")
    print(f"seal {given.proof.seal.seq}, {given.proof.seal.short}: both stand on the receipt")
    print(f"anchor of {anchor.booked_on}, seals {anchor.first_seq} to {anchor.last_seq}")
    if key is None:
        print("note: no --key; the anchor was checked with the key in the file")
    found = list(proving.faults(given, key))
    for fault in found:
        print(f"wrong: {fault}")
    print("NOT sound" if found else "sound")
    return 1 if found else 0


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(proving.FILE_BYTES_MAX + 1)
        if len(content) > proving.FILE_BYTES_MAX:
            raise WrongProof(f"{path}: larger than any proof")
        return content.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise WrongProof(f"{path}: {error}") from error
