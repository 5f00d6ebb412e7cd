"""``vienphi bhyt send``: a signed dossier to the portal, and what its reply means."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from payments.claims.documents import ENVELOPE_MAX_BYTES
from payments.claims.dossiers import add_certificate, reports
from payments.claims.findings import Verdict
from payments.claims.reporting import as_text
from payments.claims.sending import CHECK_IN, SUBMIT, TAKEN, Dossier, send
from payments.external.portal import NoAnswer, Silence, Standard, Submitted
from payments.insurance import commands as insurance
from payments.kernel.errors import InvalidField
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.words.arguments import unreadable
from payments.words.catalogue import has, say

if TYPE_CHECKING:
    SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]

_REJECTED: Final = Verdict.REJECT


def add_commands(commands: SubParsers) -> None:
    sending = commands.add_parser(
        "send", help="send a signed dossier to the portal; status 1 if it is not taken"
    )
    sending.add_argument("file", type=Path, metavar="FILE")
    sending.add_argument("--standard", choices=[one.value for one in Standard], default="3176")
    sending.add_argument("--check-in", action="store_true", help="the file is a check-in (XML0)")
    sending.add_argument(
        "--again", action="store_true", help="although it was sent before and not answered"
    )
    insurance.add_common(sending, "vi")
    add_certificate(sending)
    sending.set_defaults(run_with=_send)


def _send(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    """Check, send, say what the reply means. A dossier that our check refuses is not sent."""
    if not args.check_in and not _is_good(args):
        return 1
    content = _content(args.file)
    call = CHECK_IN if args.check_in else SUBMIT
    dossier = Dossier(content, Standard(args.standard), call)
    try:
        told = send(runtime, scope, dossier, is_again=args.again)
    except NoAnswer as failure:
        key = "not_sent" if failure.silence is Silence.NOT_SENT else "unanswered"
        _print([say(f"claims.send.{key}", args.language)])
        return 1
    _print(explained(told, args.language))
    return 0 if told.code == TAKEN else 1


def explained(told: Submitted, language: str) -> list[str]:
    """Say in lines what the portal's code means, and the number to ask by."""
    known = f"claims.sent.{told.code}"
    lines = [f"{told.code} · {say(known if has(known) else 'claims.sent.other', language)}"]
    if told.transaction:
        facts = {"number": told.transaction, "at": told.received_at}
        lines.append(say("claims.send.number", language, facts))
    return lines


def _is_good(args: argparse.Namespace) -> bool:
    [(file, report)] = reports(args, [args.file])
    if report is None:
        return False
    if report.verdict is _REJECTED:
        _print([*as_text(file.name, report, args.language)])
        return False
    return True


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(ENVELOPE_MAX_BYTES + 1)
    except OSError as error:
        raise unreadable(error) from error
    if len(content) > ENVELOPE_MAX_BYTES:
        raise InvalidField("file", "file_bytes", most=ENVELOPE_MAX_BYTES)
    return content


def _print(lines: list[str]) -> None:
    # The terminal's own encoding may not have the letters.
    text = "".join(f"{line}\n" for line in lines)
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
    sys.stdout.buffer.flush()
