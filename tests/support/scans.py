"""
Makes the scans of ``tests/vectors/scans.json``: 200 cards and codes of nobody, sound and broken.

    python -m tests.support.scans        writes the file again: the seed is fixed
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from payments.kernel.codes import new_code
from tests.support import keyboards

FILE = Path(__file__).resolve().parents[1] / "vectors" / "scans.json"
_SEED = 20_261_124
FAMILY = ("NGUYỄN", "TRẦN", "LÊ", "PHẠM", "HUỲNH", "VÕ", "ĐẶNG", "BÙI", "DƯƠNG", "LÝ", "ĐỖ")
MIDDLE = ("VĂN", "THỊ", "XUÂN", "ĐỨC", "QUỐC", "MINH", "THÙY", "HỮU")
#: "Try", "sample", "demonstration": names that nobody bears.
GIVEN = ("THỬ", "MẪU", "NGHIỆM", "VÍ DỤ", "MINH HỌA", "THỬ NGHIỆM")
HIGHLAND = ("H'Hen Thử", "Y Thuột Mẫu", "Ksor H'Mẫu", "Rơ Châm Thử", "K'Brôih Mẫu")
ADDRESSES = ("Thôn Thử, Xã Mẫu, Tỉnh Thử", "12/5 Đường Mẫu, Phường Thử, TP Thử", "Ea Mẫu, Đắk Thử")


class People:
    """Draws people of nobody from one seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def name(self) -> str:
        pick = self.chance.choice
        name = f"{pick(FAMILY)} {pick(MIDDLE)} {pick(GIVEN)}"
        return name if pick((True, True, False)) else name.title()

    def facts(self, name: str = "") -> dict[str, Any]:
        pick, between = self.chance.choice, self.chance.randint
        year, is_female = between(1930, 2025), pick((True, False))
        digit = (year // 100 - 19) * 2 + is_female
        number = f"{between(1, 96):03d}{digit}{year % 100:02d}{between(0, 999_999):06d}"
        return {
            "number": number,
            "name": name or self.name(),
            "day": between(1, 28),
            "month": between(1, 12),
            "year": year,
            "sex": "female" if is_female else "male",
            "address": pick(ADDRESSES),
        }

    def chip(self, facts: dict[str, Any], *, old: str | None = None) -> list[str]:
        f = facts
        old = old if old is not None else f"{self.chance.randint(0, 999_999_999):09d}"
        born = f"{f['day']:02d}{f['month']:02d}{f['year']}"
        sex = "Nữ" if f["sex"] == "female" else "Nam"
        return [f["number"], old, f["name"], born, sex, f["address"], "15082021"]

    def card(self) -> str:
        letters = self.chance.choice(("DN", "HC", "TE", "GD", "HS", "BT", "CN"))
        digits = "".join(self.chance.choices("0123456789", k=12))
        return f"{letters}{self.chance.randint(1, 5)}{digits}"

    def health(self, facts: dict[str, Any], card: str) -> list[str]:
        f = facts
        sex = "2" if f["sex"] == "female" else "1"
        born = f"{f['day']:02d}/{f['month']:02d}/{f['year']}"
        return [
            card, f["name"].encode().hex(), born, sex, f["address"].encode().hex(), "99 - 001",
            "01/01/2026", "-", "01/01/2026", "99", "-", "4", "01/01/2025", "0123456789abcdef-7102",
            "$",
        ]  # fmt: skip


def made() -> list[dict[str, Any]]:
    """Make all vectors: ``text`` and either ``kind`` with the facts, or ``why``."""
    people = People(_SEED)
    vectors = [*_sound(people), *_broken(people), *_single(people)]
    return [{"id": f"S{number:03d}", **vector} for number, vector in enumerate(vectors, start=1)]


def _chip_vector(facts: dict[str, Any], text: str, *oddities: str) -> dict[str, Any]:
    born = f"{facts['day']:02d}/{facts['month']:02d}/{facts['year']}"
    kept = {key: facts[key] for key in ("number", "name", "sex")}
    return {"text": text, "kind": "ChipCard", **kept, "born": born, "oddities": sorted(oddities)}


def _sound(people: People) -> Iterator[dict[str, Any]]:
    for turn in range(40):
        facts = people.facts(HIGHLAND[turn % 5] if turn < 5 else "")
        fields = people.chip(facts, old="" if turn % 3 == 0 else None)
        more = ["", "", "", "thêm"] if turn % 8 == 7 else []
        text = "|".join(fields + more) + ("\r\n" if turn % 4 == 0 else "")
        yield _chip_vector(facts, text, *(["extra_fields"] if more else []))
    facts = people.facts()
    wrong = {**facts, "year": facts["year"] - 1}
    yield _chip_vector(wrong, "|".join(people.chip(wrong)), "number_differs")
    for turn in range(30):
        facts, card = people.facts(), people.card()
        fields = people.health(facts, card if turn % 5 else card[5:])
        text = "|".join(fields[:-1] if turn % 7 == 6 else fields)
        born = f"{facts['day']:02d}/{facts['month']:02d}/{facts['year']}"
        kept = {key: facts[key] for key in ("name", "sex")}
        yield {"text": text, "kind": "HealthCard", "card": fields[0], "born": born, **kept}


def _broken(people: People) -> Iterator[dict[str, Any]]:
    def chip() -> str:
        return "|".join(people.chip(people.facts()))

    def health() -> str:
        return "|".join(people.health(people.facts(), people.card()))

    chips: tuple[tuple[Callable[[str], str], str], ...] = (
        (keyboards.telex_keys, "typing_method"),
        (keyboards.layout, "typing_method"),
        (keyboards.without_marks, "marks_lost"),
        (keyboards.misread, "encoding"),
        (str.swapcase, "case"),
        (lambda text: text.replace("|", "~"), "bars"),
        (lambda text: text.replace("|", "\\"), "bars"),
        (lambda text: text.rsplit("|", 1)[0], "fields"),
        (lambda text: text[1:], "number"),
        (lambda text: "9" + text, "number"),
        (lambda text: text.replace("|", "||", 1), "name"),
        (lambda text: text[:60] + "\u202e" + text[60:], "characters"),
        (lambda text: text.replace("|", "\x1d"), "characters"),
        (lambda text: text.translate({48 + n: 0xFF10 + n for n in range(10)}), "characters"),
        (lambda text: text * 40, "too_long"),
    )
    for change, why in chips * 4:
        yield {"text": change(chip()), "why": why}
    healths: tuple[tuple[Callable[[str], str], str], ...] = (
        (keyboards.vni, "typing_method"),
        (lambda text: text.replace("|", "~"), "bars"),
        (lambda text: "|".join(text.split("|")[:6]), "fields"),
    )
    for change, why in healths * 4:
        yield {"text": change(health()), "why": why}


def _single(people: People) -> Iterator[dict[str, Any]]:
    chance = people.chance
    for _ in range(10):
        code = new_code(lambda size: chance.randbytes(size))
        yield {"text": code, "kind": "PaymentCode", "code": code}
        yield {"text": code[:-1], "why": "check"}
        number = f"VP26{chance.randint(1, 999_999):06d}"
        yield {"text": number, "kind": "InvoiceNumber", "number": number}
        receipt = f"BL26{chance.randint(1, 999_999):06d}"
        yield {"text": receipt.lower(), "kind": "ReceiptNumber", "number": receipt}
        card = people.card()
        yield {"text": card, "kind": "CardCode", "card": card}
    for _ in range(3):
        number = people.facts()["number"]
        yield {"text": number, "kind": "IdentityNumber", "number": number}
        file_number = f"99-{chance.randint(0, 9_999_999):07d}"
        yield {"text": file_number, "kind": "FileNumber", "number": file_number}
    yield {"text": "VP2600012", "why": "number"}


def write() -> None:
    lines = [json.dumps(vector, ensure_ascii=False) for vector in made()]
    FILE.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    write()
