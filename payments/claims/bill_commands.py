"""``vienphi bhyt bill``: the bill 01/KBCB of a case, as PDF and as a workbook."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from payments.claims import bill_paper
from payments.claims.bill import bill_of
from payments.claims.fields import registry
from payments.claims.writing import Claim
from payments.insurance.cases import bills, fields, finding
from payments.insurance.cases.fields import At, Key
from payments.insurance.cases.reading import Case
from payments.insurance.commands import add_common
from payments.insurance.coverage import Rules, cover
from payments.kernel.errors import InvalidField, Rejected
from payments.words.explaining import sentence

if TYPE_CHECKING:
    SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]

_FILE_MAX_BYTES: Final = 50_000_000
_CARDS_MAX: Final = 50
_LETTERS_MAX: Final = 1_024


def add_commands(commands: SubParsers) -> None:
    """Add ``bill`` to the commands of ``bhyt``."""
    billing = commands.add_parser("bill", help="bill 01/KBCB of a case, as PDF and XLSX")
    billing.add_argument("file", type=Path, metavar="FILE", help="JSON or JSONL, as for explain")
    billing.add_argument("--id", help="which case, where the file holds several")
    billing.add_argument("--facility-code", default="99001", metavar="CODE", help="MA_CSKCB")
    billing.add_argument("--pdf", type=Path, metavar="FILE")
    billing.add_argument("--xlsx", type=Path, metavar="FILE")
    add_common(billing, "vi")
    billing.set_defaults(run=_bill)


def _bill(args: argparse.Namespace) -> int:
    try:
        if args.pdf is None and args.xlsx is None:
            raise InvalidField("pdf", "bill_target")
        rules = Rules.from_folder(args.rules) if args.rules else Rules.shipped()
        bill = bill_of(claim_of(_found(args.file, args.id), rules))
        for path, make in ((args.pdf, bill_paper.pdf), (args.xlsx, bill_paper.workbook)):
            if path is not None:
                _write(path, make(bill, args.facility_code))
    except (Rejected, OSError) as refusal:
        said = str(refusal)
        if isinstance(refusal, Rejected):
            field = f"{refusal.extras['field']}: " if "field" in refusal.extras else ""
            said = f"{field}{sentence(refusal, args.language)}"
        print(f"vienphi bhyt: {said}", file=sys.stderr)
        return 1
    return 0


def claim_of(case: Case, rules: Rules) -> Claim:
    """
    Cover *case* and name it by its key ``claim``: ma_lk, cards, summary and lines of the claim.

    What is left out is empty; without ``claim`` the case's own name is that of the visit.

    Raises:
        InvalidField: a key is wrong or unknown, or the lists are not as long as those of the case.
        Rejected: the engine refuses the case.
    """
    coverage = cover(bills.bill_of(case.keys), rules)
    told = case.keys.get("claim")
    given = fields.read({} if told is None else told, "claim.", _CLAIM, frozenset())
    visit, lines = coverage.bill.visit, coverage.lines
    cards = given.get("cards", [f"{card.letters}{card.digit}" for card in visit.cards])
    texts = given.get("lines", [{}] * len(lines))
    if len(cards) != len(visit.cards):
        raise InvalidField("claim.cards", "claim_length", wanted=len(visit.cards))
    if len(texts) != len(lines):
        raise InvalidField("claim.lines", "claim_length", wanted=len(lines))
    return Claim(given.get("ma_lk", str(case.id)), coverage, cards, given.get("summary", {}), texts)


def _texts(value: object, at: At) -> Mapping[str, str]:
    """Read columns of the claim's tables, by their names, to what is written in them."""
    known = {name for table in registry().values() for name in table}
    if not isinstance(value, dict):
        raise InvalidField(fields.name(at), "case_object")
    for key, text in value.items():
        if key not in known:
            raise InvalidField(f"{fields.name(at)}.{fields.shown(key)}", "case_unknown_key")
        if not isinstance(text, str) or len(text) > _LETTERS_MAX:
            raise InvalidField(f"{fields.name(at)}.{key}", "case_text")
    return value


def _all_texts(value: object, at: At) -> list[Mapping[str, str]]:
    return [
        _texts(item, (path.rstrip("."), ""))
        for item, path in fields.many(value, at, bills.LINES_MAX)
    ]


def _card_numbers(value: object, at: At) -> list[str]:
    return [fields.text(item, (path, "")) for item, path in fields.many(value, at, _CARDS_MAX)]


_CLAIM: Final = {
    "ma_lk": Key("ma_lk", fields.text),
    "cards": Key("cards", _card_numbers),
    "summary": Key("summary", _texts),
    "lines": Key("lines", _all_texts),
}


def _found(path: Path, wanted: str | None) -> Case:
    with path.open("rb") as file:
        content = file.read(_FILE_MAX_BYTES + 1)
    if len(content) > _FILE_MAX_BYTES:
        raise InvalidField("file", "file_bytes", most=_FILE_MAX_BYTES)
    return finding.case_in(content, wanted)


def _write(path: Path, content: bytes) -> None:
    """Put a file into its place whole, or not at all."""
    half = path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")
    try:
        half.write_bytes(content)
        os.replace(half, path)
    finally:
        half.unlink(missing_ok=True)
