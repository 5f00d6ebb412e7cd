"""The command ``vienphi``: each capability brings its own commands, this file only gathers them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from sqlalchemy.exc import OperationalError

from payments import worker
from payments.app import from_environment
from payments.audit_chain import commands as audit
from payments.catalogue import commands as catalogue
from payments.channels import commands as channels
from payments.demo import commands as demo
from payments.demo import sandboxes
from payments.desks import commands as desks
from payments.diagnosis import commands as gateways
from payments.events import commands as events
from payments.identity import commands as identity
from payments.interop.orders import commands as orders
from payments.kernel import traces
from payments.kernel.errors import VienphiError
from payments.kernel.scope import FacilityId, Scope
from payments.ledger import commands as ledger
from payments.operations import commands as operations
from payments.qr import commands as qr
from payments.reconciliation import commands as reconciliation
from payments.runtime import Runtime
from payments.settlement import commands as settlement
from payments.storage import installation
from payments.tokens import commands as tokens
from payments.words.catalogue import TERMINAL
from payments.words.explaining import sentence

_CAPABILITIES: Final = (
    demo,
    sandboxes,
    qr,
    settlement,
    ledger,
    audit,
    identity,
    tokens,
    catalogue,
    channels,
    desks,
    reconciliation,
    events,
    gateways,
    orders,
    operations,
)


class NoFacility(VienphiError):
    """Several facilities are here, and none was named."""

    code = "no-facility"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code. What Vienphi can explain is one line on stderr."""
    # What we cannot explain goes to a terminal, a journal, a mail of cron: without values in it.
    sys.excepthook = traces.write
    args = _parser().parse_args(argv)
    try:
        if hasattr(args, "run"):
            return int(args.run(args))
        runtime = from_environment()
        return int(args.run_with(runtime, _scope(runtime, args.facility_code), args))
    except VienphiError as error:
        print(f"vienphi: {error.detail or sentence(error, TERMINAL)}", file=sys.stderr)
        return 2
    except OperationalError as error:
        # The server's own words say what is wrong with address, role or network; no values in them.
        print(f"vienphi: the database refuses: {str(error.orig).strip()}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("vienphi", description="The money side of a hospital.")
    parser.add_argument(
        "--facility",
        dest="facility_code",
        type=int,
        metavar="CODE",
        help="needed only where the database holds several",
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    working = subparsers.add_parser("worker", help="number, apply, poll, expire, tell and seal")
    working.add_argument("--only", choices=("seal", "jobs", "events", "gateways", "portal"))
    working.set_defaults(run=_worker)
    for capability in _CAPABILITIES:
        capability.add_commands(subparsers)
    return parser


def _worker(args: argparse.Namespace) -> int:
    return worker.main(from_environment(), only=args.only)


def _scope(runtime: Runtime, code: int | None) -> Scope:
    """Name the facility that a command works for."""
    chosen = code or runtime.settings.facility
    if chosen is None:
        present = installation.facilities(runtime.database.engine)
        if len(present) != 1:
            raise NoFacility("name the facility: vienphi --facility CODE … or VIENPHI_FACILITY")
        chosen = present[0][0]
    return Scope(FacilityId(chosen), "cli", "cli")


if __name__ == "__main__":
    sys.exit(main())
