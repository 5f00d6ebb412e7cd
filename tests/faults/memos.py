"""
Random and mangled bank memos against stored payment codes: no wrong code may be accepted.

    python -m tests.faults.memos --memos 1000000 --codes 100000 --seed 1

Prints, for every kind of memo, how many held an intact code and how many would have been booked;
the last line says PASS or FAIL, with the seed that repeats the run.
"""

from __future__ import annotations

import argparse
import random
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from payments.kernel.codes import ALPHABET, DEFAULT_PREFIX, candidates, new_code

_ALNUM: Final = string.digits + string.ascii_uppercase

#: What banks make of a note. ``{code}`` is the note as it was sent, ``{number}`` theirs.
BANK_SHAPES: Final = (
    "{code}",
    "MBVCB.{number}.{code}.CT tu 0071000123456 NGUYEN VAN THU toi 19990001 BENH VIEN THU",
    "MBVCB.{number}.123456.{code}",
    "CT DEN:{number} {code}",
    "CT DEN: {number} NGUYEN VAN THU chuyen tien {code} VIEN PHI",
    "VPBANK NHAN TIEN TU NGUYEN VAN THU ND {code}",
    "VPBANK;{number};{code}",
    "VPB{code}-{number}",
    "NGUYEN VAN THU chuyen tien {code}",
    "{code} NGUYEN VAN THU chuyen khoan",
    "NGUYENVANTHU{code}VIENPHI",
    "VPHOADON{code}HOADON",
    "VPHVPH{code}",
    "IBFT {code}",
    "QR - {code}",
    "{code}-{number}-CHUYEN TIEN-OQCH00012345-MOMO",
    "ZP{number} {code} thanh toan vien phi",
    "SHGD:{number}.DD:241126.BO:NGUYEN VAN THU.REMARK:{code}",
    "TKThe :0071000123456, tai VCB. {code} -CTLNHIDI{number}-1/1-PMT-002",
    "FT26328{number}\\\\BNK {code} GD 241126 10:30:05",
    "Nguyễn Văn Thử đóng viện phí {code}",
)


def intact_memo(code: str, chance: random.Random) -> str:
    """Write *code* as a bank might carry it, whole."""
    note = chance.choice((str, str.lower, _spaced, _dotted))(code)
    shape = chance.choice(BANK_SHAPES)
    memo = shape.format(code=note, number=chance.randrange(10**5, 10**10))
    return chance.choice((str, str, str.upper, str.lower, _glued))(memo)


def _spaced(code: str) -> str:
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))


def _dotted(code: str) -> str:
    return f"{code[:3]}.{code[3:7]}-{code[7:]}"


def _glued(memo: str) -> str:
    return memo.replace(" ", "")


def with_wrong_character(code: str, chance: random.Random, prefix: str = DEFAULT_PREFIX) -> str:
    """Change one character behind the prefix."""
    place = chance.randrange(len(prefix), len(code))
    other = chance.choice(ALPHABET.replace(code[place], ""))
    return code[:place] + other + code[place + 1 :]


def with_swap(code: str, chance: random.Random, prefix: str = DEFAULT_PREFIX) -> str:
    """Swap two neighbours that differ, behind the prefix; if there are none, change a character."""
    places = [i for i in range(len(prefix), len(code) - 1) if code[i] != code[i + 1]]
    if not places:
        return with_wrong_character(code, chance, prefix)
    place = chance.choice(places)
    return code[:place] + code[place + 1] + code[place] + code[place + 2 :]


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of one kind of memo."""

    memos: int
    intact: int
    accepted: int


def run(memos: int, codes: int, seed: int) -> tuple[Mapping[str, Tally], int]:
    """
    Try *memos* wrong memos, shared over the kinds, and a tenth as many right ones.

    Returns:
        What became of each kind, and how many right memos did not give their code.
    """
    chance = random.Random(seed)
    stored = {new_code(chance.randbytes) for _ in range(codes)}
    known = tuple(stored)
    kinds = _wrong_memos(known, chance)
    share = -(-memos // len(kinds))
    tallies = {name: _tally((make() for _ in range(share)), stored) for name, make in kinds.items()}
    lost = sum(
        code not in candidates(intact_memo(code, chance))
        for code in chance.choices(known, k=memos // 10)
    )
    return MappingProxyType(tallies), lost


def _wrong_memos(known: tuple[str, ...], chance: random.Random) -> dict[str, Callable[[], str]]:
    def uniform(length: int, alphabet: str = _ALNUM) -> str:
        return "".join(chance.choices(alphabet, k=length))

    return {
        "uniform letters and digits": lambda: uniform(40),
        "VPH, then uniform": lambda: DEFAULT_PREFIX + uniform(20),
        "VPH, then the code's alphabet": lambda: DEFAULT_PREFIX + uniform(9, ALPHABET),
        "VPH in a row": lambda: "VPH" + uniform(2) + "VPH" + uniform(3) + "VPH" + uniform(9),
        "VPBANK, then uniform": lambda: "VPBANK" + uniform(20),
        "VPBANK text": lambda: f"VPBANK {uniform(6)} VPHOADON {uniform(12)} CT DEN:{uniform(9)}",
        "stored, one wrong": lambda: with_wrong_character(chance.choice(known), chance),
        "stored, two swapped": lambda: with_swap(chance.choice(known), chance),
        "stored, tail cut": lambda: chance.choice(known)[: chance.randrange(4, 12)],
        "intact, not stored": lambda: new_code(chance.randbytes),
    }


def _tally(memos: Iterator[str], stored: set[str]) -> Tally:
    count = intact = accepted = 0
    for memo in memos:
        count += 1
        found = candidates(memo)
        intact += bool(found)
        accepted += any(code in stored for code in found)
    return Tally(count, intact, accepted)


def main() -> int:
    arguments = argparse.ArgumentParser(description="no wrong memo may find a stored code")
    arguments.add_argument("--memos", type=int, default=1_000_000)
    arguments.add_argument("--codes", type=int, default=100_000)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    tallies, lost = run(given.memos, given.codes, given.seed)
    for name, tally in tallies.items():
        share = 100 * tally.intact / tally.memos
        print(
            f"{name:30} {tally.memos:9} memos, intact {tally.intact:7} ({share:6.2f} %), "
            f"accepted {tally.accepted}"
        )
    wrong = sum(tally.accepted for tally in tallies.values())
    total = sum(tally.memos for tally in tallies.values())
    print(f"intact and stored: {given.memos // 10} memos, not found {lost}")
    verdict = "FAIL" if wrong or lost else "PASS"
    print(
        f"{verdict}: {wrong} wrong acceptances in {total} memos against {given.codes} stored codes,"
        f" seed {given.seed}"
    )
    return 0 if verdict == "PASS" else 1


if __name__ == "__main__":
    raise SystemExit(main())
