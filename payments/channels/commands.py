"""``vienphi channels``: what each channel costs and takes, from the command line."""

from __future__ import annotations

import argparse
from typing import Any, Final

from payments.channels import fees, percent, service
from payments.channels.fees import Agreed
from payments.channels.routing import Fee, Terms
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO, Money
from payments.kernel.scope import Scope
from payments.runtime import Runtime

#: Options of amounts in đồng: name, field of the failure, help.
_AMOUNTS: Final = (
    ("fixed", "fixed", "fixed part of the fee, đồng"),
    ("least-fee", "least_fee", "the whole fee is at least this, đồng"),
    ("most-fee", "most_fee", "the whole fee is at most this, đồng"),
    ("lowest", "amount_min", "the lowest amount that the channel takes, đồng"),
    ("highest", "amount_max", "the highest amount that the channel takes, đồng"),
)


def add_commands(subparsers: Any) -> None:
    channels = subparsers.add_parser("channels", help="fees and limits of channels")
    topics = channels.add_subparsers(required=True)
    table = topics.add_parser("fees", help="list what channels cost, or let new terms hold")
    verbs = table.add_subparsers(required=True)
    listed = verbs.add_parser("list", help="all that was ever agreed, what holds last first")
    listed.add_argument("channel", nargs="?", help="one channel; without it all of them")
    listed.set_defaults(run_with=_list)
    new = verbs.add_parser("set", help="let terms hold from a day on; nothing is overwritten")
    new.add_argument("channel")
    new.add_argument("--from", dest="since", required=True, metavar="DATE", help="2026-12-01")
    new.add_argument("--basis", required=True, help="the contract or the notice that says so")
    new.add_argument("--percent", default="", help="share of the amount: 1,1 or 1.1")
    for option, field, told in _AMOUNTS:
        new.add_argument(f"--{option}", dest=field, default="", metavar="DONG", help=told)
    new.set_defaults(run_with=_set)


def _list(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    with runtime.database.reading(scope) as tx:
        today = HospitalDay.of(tx.now())
        for slug in [args.channel] if args.channel else service.slugs(tx):
            agreed = fees.history(tx, slug)
            now = next((one for one in agreed if one.since <= today), None)
            if not agreed:
                print(f"{slug:<16} nothing agreed")
            for one in agreed:
                mark = "now" if one is now else "later" if one.since > today else "past"
                print(f"{slug:<16} from {one.since}  {mark:<5}  {_line(one)}")
    return 0


def _set(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    try:
        since = HospitalDay.parse(args.since)
    except ValueError:
        raise InvalidField("from", "day_form") from None
    told = {field: _amount(getattr(args, field), field) for _, field, _ in _AMOUNTS}
    fee = Fee(
        told["fixed"] or ZERO,
        percent.read(args.percent, "percent"),
        told["least_fee"],
        told["most_fee"],
    )
    terms = Terms(fee, told["amount_min"], told["amount_max"])
    is_new = fees.agree(runtime, scope, args.channel, since, terms, args.basis)
    print("agreed" if is_new else "agreed before")
    return 0


def _line(one: Agreed) -> str:
    fee, terms = one.terms.fee, one.terms
    return (
        f"{fee.fixed.dong} + {percent.written(fee.per_million)} %"
        f"  fee {_bounds(fee.least, fee.most)}"
        f"  amounts {_bounds(terms.amount_min, terms.amount_max)}  {one.basis}  ({one.by})"
    )


def _bounds(least: Money | None, most: Money | None) -> str:
    if least is None and most is None:
        return "any"
    return f"{'' if least is None else least.dong}..{'' if most is None else most.dong}"


def _amount(text: str, field: str) -> Money | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX):
        raise InvalidField(field, "fee_amount")
    return Money(int(text))


#: As many as an amount may have on any form.
_DIGITS_MAX: Final = 12
