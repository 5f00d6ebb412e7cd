"""The bank table: as shipped, replaced, and never without the trial bank."""

from __future__ import annotations

from pathlib import Path

import pytest

from payments.kernel.errors import InvalidField
from payments.qr.banks import TRIAL_BANK, Banks

HEADER = "bin,short_name,full_name,vietqr_receive\n"


def test_shipped_table_holds_every_bank_and_the_trial_bank() -> None:
    banks = Banks.bundled()

    assert len(banks) == 70 + 1
    assert banks["970436"].short_name == "Vietcombank"
    assert banks["970436"].receives is True
    assert banks["970459"].receives is None
    assert banks["971025"].kind == "wallet"
    assert [bank for bank in banks.values() if bank.trial] == [TRIAL_BANK]
    assert banks["999999"] is TRIAL_BANK


def test_table_of_the_hospital_replaces_the_shipped_one(tmp_path: Path) -> None:
    table = tmp_path / "banks.csv"
    table.write_text("\ufeff" + HEADER + "970400,Thử,Ngân hàng Thử,1\r\n", encoding="utf-8")

    banks = Banks.from_csv(table)

    assert sorted(banks) == ["970400", "999999"]
    assert banks["970400"].receives is True


@pytest.mark.parametrize(
    ("content", "field", "line"),
    [
        (b"", "bin", 1),
        (b"bin,short_name,full_name\n", "vietqr_receive", 1),
        (HEADER.encode() + b"97040,A,B,1\n", "bin", 2),
        (HEADER.encode() + b"970400,A,B,yes\n", "vietqr_receive", 2),
        (HEADER.encode() + b"970400,A,B,1\n970400,A,B,1\n", "bin", 3),
        (HEADER.encode() + b"999999,A,B,1\n", "bin", 2),
        (HEADER.encode() + b'970400,"A,B,1\n', "file", 2),
        (HEADER.encode() + b"970400,\xff,B,1\n", "file", None),
        (b"x" * 1_000_001, "file", None),
    ],
)
def test_broken_table_is_refused_with_its_line(
    tmp_path: Path, content: bytes, field: str, line: int | None
) -> None:
    table = tmp_path / "banks.csv"
    table.write_bytes(content)

    with pytest.raises(InvalidField) as caught:
        Banks.from_csv(table)

    assert (caught.value.field, caught.value.line) == (field, line)
