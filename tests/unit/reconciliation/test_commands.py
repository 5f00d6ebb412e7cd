"""A person says how a bank names its columns; a wrong map is refused with its key named."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from payments import cli
from payments.kernel.errors import InvalidField, NotFound
from payments.reconciliation import commands, maps
from payments.reconciliation.rows import STATEMENT_MAP
from payments.words.explaining import sentence
from tests.support.hospital import PAYEE, Hospital

GOOD: dict[str, Any] = {
    "name": "ngan-hang-thu",
    "date": "Ngày",
    "memo": "Diễn giải",
    "amount": "Số tiền",
    "balance": "Số dư",
}
SAMPLE = "Ngày,Diễn giải,Số tiền,Số dư\n" + "".join(
    f"24/11/2026,CK {number},1000,{1000 * number}\n" for number in range(1, 31)
)


def run(hospital: Hospital, *words: str) -> int:
    parser = argparse.ArgumentParser()
    commands.add_commands(parser.add_subparsers())
    args = parser.parse_args(["bank", "map", *words])
    return int(args.run_with(hospital.runtime, hospital.scope, args))


def written(tmp_path: Path, told: object) -> str:
    path = tmp_path / "map.json"
    path.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    return str(path)


def saved(hospital: Hospital) -> int:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return tx.execute(select(func.count()).select_from(STATEMENT_MAP)).scalar_one()


def test_map_is_tried_on_a_sample_saved_and_shown(
    hospital: Hospital, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = tmp_path / "sample.csv"
    sample.write_text(SAMPLE, encoding="utf-8")

    words = ("--account", PAYEE.account, "--sample", str(sample))
    assert run(hospital, "save", written(tmp_path, GOOD), *words) == 0

    told = capsys.readouterr().out
    assert "CK 20" in told
    assert "CK 21" not in told
    assert "30 lines, 2026-11-24 to 2026-11-24" in told
    assert run(hospital, "show", "--account", PAYEE.account) == 0
    shown = json.loads(capsys.readouterr().out)
    assert {key: shown[key] for key in GOOD} == GOOD
    assert run(hospital, "list") == 0
    assert capsys.readouterr().out.split() == [PAYEE.account, "ngan-hang-thu"]


def test_shown_map_can_be_saved_as_it_is(
    hospital: Hospital, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(hospital, "show", "--account", PAYEE.account)
    shown = json.loads(capsys.readouterr().out)

    run(hospital, "save", written(tmp_path, shown), "--account", PAYEE.account)

    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert maps.of_account(tx, PAYEE.account).name == "thu-nghiem"
    assert saved(hospital) == 1


def test_map_that_does_not_read_its_sample_is_not_saved(
    hospital: Hospital, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = tmp_path / "sample.csv"
    sample.write_text(SAMPLE.replace("CK 7,1000", "CK 7,x"), encoding="utf-8")

    words = ("--account", PAYEE.account, "--sample", str(sample))
    assert run(hospital, "save", written(tmp_path, GOOD), *words) == 1

    assert "line 8: Số tiền" in capsys.readouterr().out
    assert saved(hospital) == 0


@pytest.mark.parametrize(
    ("told", "field"),
    [
        (GOOD | {"datum": "Ngày"}, "datum"),
        (GOOD | {"date": 7}, "date"),
        (GOOD | {"date": " "}, "date"),
        ({key: GOOD[key] for key in GOOD if key != "name"}, "name"),
        ({key: GOOD[key] for key in GOOD if key != "amount"}, "amount"),
        (GOOD | {"debit": "Nợ", "credit": "Có"}, "amount"),
        (GOOD | {"balance": ""}, "balance"),
        (GOOD | {"memo": "Ngày"}, "columns"),
        (GOOD | {"memo": "x" * 81}, "memo"),
        (GOOD | {"memo": "a\x00b"}, "memo"),
        (GOOD | {"newest_first": "yes"}, "newest_first"),
        ([GOOD], "map"),
        (None, "map"),
    ],
)
def test_wrong_map_is_refused_with_its_key_named(
    hospital: Hospital, tmp_path: Path, told: object, field: str
) -> None:
    with pytest.raises(InvalidField) as refused:
        run(hospital, "save", written(tmp_path, told), "--account", PAYEE.account)

    assert refused.value.field == field
    assert "…" not in sentence(refused.value, "en")
    assert saved(hospital) == 0


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "map.json").write_bytes(content)

    for name in ("map.json", "nothing.json"):
        with pytest.raises(InvalidField) as refused:
            commands.from_file(tmp_path / name)
        assert name in sentence(refused.value, "vi")


def test_account_that_is_not_ours_is_refused(hospital: Hospital, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        run(hospital, "save", written(tmp_path, GOOD), "--account", "000")


def test_command_line_knows_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["bank", "map", "save", "--help"])

    assert ended.value.code == 0
    assert "newest_first" in capsys.readouterr().out
