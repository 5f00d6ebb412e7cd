"""``vienphi patient export`` and ``vienphi data inventory | tidy``."""

from __future__ import annotations

import argparse
import csv
import os
import sys
from pathlib import Path
from typing import Any

from payments.kernel.errors import InvalidField
from payments.kernel.scope import Scope
from payments.retention import erasing
from payments.retention.exporting import export
from payments.retention.model import inventory, laws, rules
from payments.runtime import Runtime


def add_commands(subparsers: Any) -> None:
    """Add ``patient`` and ``data`` to the command line."""
    people = subparsers.add_parser("patient", help="give a person what is kept about them")
    verbs = people.add_subparsers(required=True)
    told = verbs.add_parser("export", help="everything about one person, as JSON")
    told.add_argument("file_number", help="the hospital's number of the patient")
    told.add_argument("--out", type=Path, required=True, metavar="FILE", help="a new file")
    told.add_argument("--reason", required=True, help="who asked, when, under which number")
    told.add_argument("--masked", action="store_true", help="without names, numbers and words")
    told.set_defaults(run_with=_export)
    data = subparsers.add_parser("data", help="what is kept about people, and erasing it in time")
    verbs = data.add_subparsers(required=True)
    listed = verbs.add_parser("inventory", help="each field about people with purpose and law, CSV")
    listed.set_defaults(run=_inventory)
    tidied = verbs.add_parser("tidy", help="erase now what is due (the worker does it each day)")
    tidied.set_defaults(run_with=_tidy)


def _export(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    try:
        handle = os.open(args.out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise InvalidField("out", "new_file", path=str(args.out)) from error
    try:
        made = export(runtime, scope, args.file_number, reason=args.reason, is_masked=args.masked)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(made.content)
    except BaseException:
        args.out.unlink(missing_ok=True)
        raise
    print(f"{args.out}: {sum(made.rows.values())} rows of {len(made.rows)} tables, mode 0600")
    return 0


def _inventory(_: argparse.Namespace) -> int:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("table", "field", "class", "purpose", "basis", "kept", "erased by", "seen by"))
    for one in inventory().values():
        if one.kind == "none":
            continue
        law, rule = laws()[one.basis], rules()[one.retention]
        basis = f"{law.law}, article {law.article} ({law.read})"
        writer.writerow(
            (one.table, one.field, one.kind, one.purpose, basis, rule.words["en"], rule.done_by,
             " ".join(one.seen_by))
        )  # fmt: skip
    return 0


def _tidy(runtime: Runtime, scope: Scope, _: argparse.Namespace) -> int:
    print(f"{erasing.tidy(runtime, scope)} rows erased")
    return 0
