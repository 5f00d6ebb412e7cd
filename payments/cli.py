"""The command ``vienphi``: each capability brings its own commands, this file only gathers them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Final

from payments.kernel import traces
from payments.kernel.errors import VienphiError
from payments.kernel.scope import FacilityId, Scope

if TYPE_CHECKING:
    from sqlalchemy.exc import OperationalError

    from payments.runtime import Runtime

#: Each command and the module that brings it. Only that one is loaded: all of them, with the web
#: and the database behind, take longer than comparing a million lines.
COMMANDS: Final = {
    "demo": "payments.demo.commands",
    "sandbox": "payments.demo.sandboxes",
    "qr": "payments.qr.commands",
    "bhyt": "payments.settlement.commands",
    "ledger": "payments.ledger.commands",
    "audit": "payments.audit_chain.commands",
    "receipt-proof": "payments.receipts.commands",
    "verify-receipt": "payments.receipts.commands",
    "user": "payments.identity.commands",
    "token": "payments.tokens.commands",
    "catalogue": "payments.catalogue.commands",
    "channels": "payments.channels.commands",
    "desk": "payments.desks.commands",
    "reconcile": "payments.reconciliation.file_commands",
    "bank": "payments.reconciliation.commands",
    "events": "payments.events.commands",
    "gateways": "payments.diagnosis.commands",
    "orders": "payments.interop.orders.commands",
    "security-report": "payments.oversight.commands",
    "evidence-pack": "payments.oversight.commands",
    "insider-report": "payments.oversight.commands",
    "verify-evidence": "payments.oversight.commands",
    "db": "payments.operations.commands",
    "keys": "payments.operations.commands",
    "backup": "payments.operations.backups.commands",
    "bom": "payments.operations.supply.commands",
    "patient": "payments.retention.commands",
    "data": "payments.retention.commands",
}


class NoFacility(VienphiError):
    """Several facilities are here, and none was named."""

    code = "no-facility"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code. What Vienphi can explain is one line on stderr."""
    # What we cannot explain goes to a terminal, a journal, a mail of cron: without values in it.
    sys.excepthook = traces.write
    given = sys.argv[1:] if argv is None else list(argv)
    args = _parser(_modules(given)).parse_args(given)
    try:
        if hasattr(args, "run"):
            return int(args.run(args))
        runtime = _runtime()
        return int(args.run_with(runtime, _scope(runtime, args.facility_code), args))
    except VienphiError as error:
        print(f"vienphi: {error.detail or _said(error)}", file=sys.stderr)
        return 2
    except _refused_by_database() as error:
        # The server's own words say what is wrong with address, role or network; no values in them.
        print(f"vienphi: the database refuses: {str(error.orig).strip()}", file=sys.stderr)
        return 2


def _modules(argv: Sequence[str]) -> list[str]:
    """List the modules that *argv* needs: all of them where it names no command, for the help."""
    match argv:
        case ["--facility", _, name, *_] | [name, *_] if name in COMMANDS:
            return [COMMANDS[name]]
        case ["worker", *_]:
            return []
    return list(dict.fromkeys(COMMANDS.values()))


#: Parts of the worker that may run as a program of their own.
LOOPS: Final = (
    "seal",
    "jobs",
    "events",
    "exports",
    "gateways",
    "portal",
    "dossiers",
    "einvoices",
    "einvoice_day",
    "erasing",
)


def _parser(modules: Sequence[str]) -> argparse.ArgumentParser:
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
    working.add_argument("--only", choices=LOOPS)
    working.set_defaults(run=_worker)
    for module in modules:
        import_module(module).add_commands(subparsers)
    return parser


def _worker(args: argparse.Namespace) -> int:
    return int(import_module("payments.worker").main(_runtime(), only=args.only))


def _runtime() -> Runtime:
    made: Runtime = import_module("payments.app").from_environment()
    return made


def _said(error: VienphiError) -> str:
    language = import_module("payments.words.catalogue").TERMINAL
    return str(import_module("payments.words.explaining").sentence(error, language))


def _refused_by_database() -> type[OperationalError]:
    """Give what a refusing database raises; asked only when something was raised."""
    found: type[OperationalError] = import_module("sqlalchemy.exc").OperationalError
    return found


def _scope(runtime: Runtime, code: int | None) -> Scope:
    """Name the facility that a command works for."""
    chosen = code or runtime.settings.facility
    if chosen is None:
        installation = import_module("payments.storage.installation")
        present = installation.facilities(runtime.database.engine)
        if len(present) != 1:
            raise NoFacility("name the facility: vienphi --facility CODE … or VIENPHI_FACILITY")
        chosen = present[0][0]
    return Scope(FacilityId(chosen), "cli", "cli")


if __name__ == "__main__":
    sys.exit(main())
