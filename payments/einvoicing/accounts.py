"""The seller's account at a provider of e-invoices, in the keys file."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from getpass import getpass
from pathlib import Path
from typing import Any

from payments import keys as keys_file
from payments.external.einvoices import EINVOICE, Account
from payments.kernel.errors import InvalidField
from payments.kernel.scope import FacilityId
from payments.keys import Keys, WrongKeys
from payments.words import arguments


def accounts_of(keys: Keys) -> dict[FacilityId, Account]:
    """
    Read the accounts by facility.

    Raises:
        WrongKeys: one lacks a field, or its first day is none.
    """
    try:
        return {
            FacilityId(facility): Account(
                user=told["user"].reveal(),
                password=told["password"],
                tax_code=told["tax_code"].reveal(),
                template=told["template"].reveal(),
                series=told["series"].reveal(),
                since=date.fromisoformat(told["since"].reveal()),
            )
            for facility, told in keys.accounts(EINVOICE).items()
        }
    except (KeyError, ValueError) as error:
        raise WrongKeys(
            f"an account for e-invoices is not whole ({error}): vienphi keys einvoice-account"
        ) from error


def add_verb(verbs: Any) -> None:
    """Add ``vienphi keys einvoice-account`` to the verbs of keys."""
    account = verbs.add_parser("einvoice-account", help="put in the seller's e-invoice account")
    account.add_argument("file", type=Path)
    account.add_argument("--for", dest="of", type=int, required=True, metavar="FACILITY")
    account.add_argument("--user", required=True)
    account.add_argument("--tax-code", required=True)
    account.add_argument("--template", required=True, help="as registered: 1/001")
    account.add_argument(
        "--series", required=True, help="as registered; {yy} is the year: C{yy}TVP"
    )
    account.add_argument(
        "--since",
        required=True,
        type=arguments.day,
        help="first day whose receipts get an e-invoice by themselves",
    )
    account.set_defaults(run=_put_in)


def _put_in(args: argparse.Namespace) -> int:
    """Take the password from the terminal or the input, never from the command's arguments."""
    told = getpass("password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if not told:
        raise InvalidField("password", "setting_missing")
    fields = {
        "user": args.user,
        "password": told,
        "tax_code": args.tax_code,
        "template": args.template,
        "series": args.series,
        "since": str(args.since),
    }
    keys_file.write_account(args.file, EINVOICE, args.of, fields)
    print(f"{args.of}: account {args.user}; restart the web and the worker")
    return 0
