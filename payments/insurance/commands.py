"""``vienphi bhyt``: what social health insurance pays of a case, why, and by which rules."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from payments.insurance.cases import answering, finding
from payments.insurance.cases.bills import bill_of
from payments.insurance.cases.reading import Case
from payments.insurance.coverage.covering import cover
from payments.insurance.coverage.rows_of_law import Basis
from payments.insurance.coverage.rules import Rules
from payments.insurance.explaining import cited, explanation
from payments.kernel.errors import InvalidField, Rejected
from payments.words import arguments
from payments.words.catalogue import LANGUAGES, TERMINAL, say
from payments.words.explaining import sentence

if TYPE_CHECKING:
    SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]

#: A file of cases that a person reads one of; thousands go line by line through ``cover``.
_FILE_MAX_BYTES: Final = 50_000_000


def add_commands(subparsers: SubParsers) -> SubParsers:
    """Add ``bhyt`` with its own commands; gives the place for those of claims."""
    bhyt = subparsers.add_parser("bhyt", help="social health insurance: who pays what, and why")
    commands = bhyt.add_subparsers(dest="bhyt_command", required=True)
    covering = commands.add_parser("cover", help="split cases: who pays what")
    covering.add_argument(
        "--jsonl",
        action="store_true",
        required=True,
        help="one case a line of the input, one result a line of the output",
    )
    add_common(covering, TERMINAL)
    covering.set_defaults(run=_cover)
    explaining = commands.add_parser("explain", help="tell one case line by line, with articles")
    explaining.add_argument("file", nargs="?", type=Path, help="JSON or JSONL; else the input")
    explaining.add_argument("--id", help="which case, where the file holds several")
    add_common(explaining, "vi")
    explaining.set_defaults(run=_explain)
    listing = commands.add_parser("rules", help="list the numbers in force, with articles")
    listing.add_argument("--on", type=arguments.day, metavar="YYYY-MM-DD")
    add_common(listing, "vi")
    listing.set_defaults(run=_list_rules)
    return commands


def add_common(parser: argparse.ArgumentParser, language: str) -> None:
    """Add what all of them take: a language, and other tables of the law."""
    parser.add_argument("--language", choices=LANGUAGES, default=language)
    parser.add_argument("--rules", type=Path, metavar="DIR", help="tables instead of the shipped")


def _rules(args: argparse.Namespace) -> Rules:
    return Rules.from_folder(args.rules) if args.rules else Rules.shipped()


def _cover(args: argparse.Namespace) -> int:
    """Answer every line; status 1 where one could not be read, whatever the others hold."""
    try:
        rules = _rules(args)
    except (Rejected, OSError) as refusal:
        return _complain(refusal, args.language)
    status = 0
    for line, was_read in answering.answers(sys.stdin.buffer, rules, args.language):
        sys.stdout.buffer.write(line)
        # Whoever asks line by line waits for the answer.
        sys.stdout.buffer.flush()
        status = status if was_read else 1
    return status


def _explain(args: argparse.Namespace) -> int:
    try:
        rules = _rules(args)
        if args.file is None:
            case = _found(sys.stdin.buffer, args.id)
        else:
            with args.file.open("rb") as file:
                case = _found(file, args.id)
    except (Rejected, OSError) as refusal:
        return _complain(refusal, args.language)
    try:
        told = list(_told(case, rules, args.language))
    except Rejected as refusal:
        facts = {
            "id": case.id,
            "reason": f"{answering.wire(refusal)}: {sentence(refusal, args.language)}",
            "field": refusal.extras.get("field", "case"),
        }
        _print([say("coverage.refused", args.language, facts)])
        return 1
    _print(told)
    return 0


def _told(case: Case, rules: Rules, language: str) -> Iterator[str]:
    if case.kind == answering.VISIT:
        result = cover(bill_of(case.keys), rules)
        yield from explanation(case.id, result, rules, language)
    else:
        found = json.dumps(answering.expected(case, rules), ensure_ascii=False)
        yield say("coverage.answer", language, {"id": case.id, "answer": found})


def _found(source: BinaryIO, wanted: str | None) -> Case:
    content = source.read(_FILE_MAX_BYTES + 1)
    if len(content) > _FILE_MAX_BYTES:
        raise InvalidField("file", "file_bytes", most=_FILE_MAX_BYTES)
    return finding.case_in(content, wanted)


def _list_rules(args: argparse.Namespace) -> int:
    try:
        rules = _rules(args)
    except (Rejected, OSError) as refusal:
        return _complain(refusal, args.language)
    day = args.on or rules.edition

    def row(name: str, value: str, basis: Basis) -> str:
        return cited(f"{name:32} {value:>24}", basis, args.language)

    _print([f"{rules.version} · {day}", *(row(*one) for one in rules.in_force(day))])
    return 0


def _complain(refusal: Rejected | OSError, language: str) -> int:
    if isinstance(refusal, OSError):
        refusal = arguments.unreadable(refusal)
    field = f"{refusal.extras['field']}: " if "field" in refusal.extras else ""
    print(f"vienphi bhyt: {field}{sentence(refusal, language)}", file=sys.stderr)
    return 1


def _print(lines: list[str]) -> None:
    # The terminal's own encoding may not have the letters.
    text = "".join(f"{line}\n" for line in lines)
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
    sys.stdout.buffer.flush()
