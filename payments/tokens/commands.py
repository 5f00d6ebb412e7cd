"""``vienphi token``: tokens from the command line."""

from __future__ import annotations

import argparse
from typing import Any
from uuid import UUID

from payments.kernel.errors import InvalidField
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.tokens import service
from payments.tokens.model import DAYS_DEFAULT, PER_MINUTE_DEFAULT, Token, TokenScope


def add_commands(subparsers: Any) -> None:
    token = subparsers.add_parser("token", help="make, list or revoke a token for the API")
    verbs = token.add_subparsers(required=True)
    new = verbs.add_parser("new", help="make a token and print it, once")
    new.add_argument("name", help="whose it is: the program and the machine")
    new.add_argument(
        "--scope",
        action="append",
        required=True,
        metavar="SCOPE",
        choices=[scope.value for scope in TokenScope],
        help=f"may be repeated: {', '.join(scope.value for scope in TokenScope)}",
    )
    new.add_argument("--days", type=int, default=DAYS_DEFAULT, help="days until it ends")
    new.add_argument(
        "--per-minute", type=int, default=PER_MINUTE_DEFAULT, help="requests a minute at most"
    )
    new.set_defaults(run_with=_new)
    listed = verbs.add_parser("list", help="list the tokens, without their secrets")
    listed.set_defaults(run_with=_list)
    revoke = verbs.add_parser("revoke", help="end a token at once")
    revoke.add_argument("id", help="as `vienphi token list` prints it")
    revoke.set_defaults(run_with=_revoke)


def _new(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    _, secret = service.make(
        runtime,
        scope,
        name=args.name,
        scopes=args.scope,
        days=args.days,
        per_minute=args.per_minute,
    )
    # Alone on its line, so that a script can catch it; it is printed here and never again.
    print(secret.reveal())
    return 0


def _list(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    with runtime.database.reading(scope) as tx:
        tokens, now = service.listed(tx), tx.now()
    for token in tokens:
        state = "revoked" if token.revoked_at else "live" if token.is_live(now) else "ended"
        print(
            f"{token.id}  {state:<7}  to {token.valid_to:%Y-%m-%d}  used {_used(token):<16}"
            f"  {token.name}  {' '.join(sorted(token.scopes))}"
        )
    return 0


def _used(token: Token) -> str:
    return f"{token.used_at:%Y-%m-%d %H:%M}" if token.used_at else "never"


def _revoke(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    try:
        token_id = UUID(args.id)
    except ValueError:
        raise InvalidField("id", "token_id") from None
    service.revoke(runtime, scope, token_id)
    return 0
