"""Bill 01/KBCB: its columns add up, and to the đồng it is the claim that goes to the fund."""

from __future__ import annotations

import io
import json
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pypdf
import pytest
from lxml import etree

from payments import cli
from payments.claims import bill_paper
from payments.claims.bill import GROUPS, Bill01, bill_of
from payments.claims.writing import Claim, NotWritable, tables_of
from payments.insurance.coverage import cover
from payments.insurance.coverage.model import Mode, Sources
from payments.kernel.errors import Rejected
from payments.words.catalogue import say
from tests.support.bhyt import RULES, UNLISTED, a_card, a_drug, a_line, a_visit, at, covered
from tests.unit.claims.test_writing import a_bill, claim

VISITS = 500


def lines_of(bill: Bill01) -> list[Any]:
    return [line for block in bill.blocks for group in block.groups for line in group.lines]


def claimed(one: Claim) -> dict[str, dict[str, Decimal]]:
    """Sum the amounts of each table as the XML has them."""
    found: dict[str, dict[str, Decimal]] = {}
    for table, document in tables_of(one, "99001", 1).items():
        root = etree.fromstring(document)
        sums = found.setdefault(table, {})
        for cell in root.iter():
            if cell.text and cell.tag.startswith(("T_", "THANH_TIEN")):
                sums[cell.tag] = sums.get(cell.tag, Decimal(0)) + Decimal(cell.text)
    return found


def test_bill_and_claim_say_the_same_to_the_hundredth() -> None:
    chance = random.Random(20260697)
    made = 0
    for number in range(VISITS):
        bill = a_bill(chance, number)
        try:
            one = None if bill is None else claim(cover(bill, RULES), f"VPTEST{number:05d}")
            told = None if one is None else claimed(one)
        except Rejected:
            continue
        if one is None or told is None:
            continue
        printed = bill_of(one)
        made += 1
        summary, sums = told.pop("XML1"), printed.sums
        assert (sums.cost, sums.insured) == (summary["T_TONGCHI_BV"], summary["T_TONGCHI_BH"])
        assert (sums.fund, sums.copayment) == (summary["T_BHTT"], summary["T_BNCCT"])
        assert (sums.others, sums.own) == (summary["T_NGUONKHAC"], summary["T_BNTT"])
        rows = lines_of(printed)
        assert sum(row.sums.cost for row in rows) == sum(
            table["THANH_TIEN_BV"] for table in told.values()
        )
        assert printed.patient == one.coverage.patient_pays
        assert abs(printed.rounding.dong) <= 2
    assert made > VISITS // 2


def test_columns_add_up_on_every_line_group_and_block() -> None:
    chance = random.Random(7)
    for number in range(VISITS // 2):
        bill = a_bill(chance, number)
        try:
            one = None if bill is None else claim(cover(bill, RULES))
        except Rejected:
            continue
        if one is None:
            continue
        printed = bill_of(one)
        rows = lines_of(printed)
        supported = any(line.others for line in one.coverage.lines)
        for row in rows:
            assert row.sums.cost == row.sums.parts
            assert supported or row.sums.insured == row.sums.fund + row.sums.copayment
        for block in printed.blocks:
            assert [group.number for group in block.groups] == sorted(
                {group.number for group in block.groups}
            )
            assert sum(group.sums.cost for group in block.groups) == block.sums.cost
        assert sum(block.sums.cost for block in printed.blocks) == printed.sums.cost
        assert len({(id(one.card), one.level) for one in printed.blocks}) == len(printed.blocks)


def test_column_nine_is_three_times_five_six_and_eight() -> None:
    result = covered(
        a_visit(),
        a_drug("3150.125", quantity=Decimal("2.5"), insurance_rate=Decimal(50)),
        a_line(252_300, fund_price=Decimal(200_000), service_rate=Decimal(50)),
    )

    for row in lines_of(bill_of(claim(result))):
        product = row.quantity * row.fund_price * row.service_rate * row.insurance_rate / 10_000
        assert row.sums.insured == product.quantize(Decimal("0.01"), "ROUND_HALF_UP")


def two_cards() -> Claim:
    visit = a_visit(
        a_card("DN4", "2026-01-01", "2026-08-11"),
        a_card("HN2", "2026-08-12", "2026-12-31"),
        date_in=at("2026-08-10T08:00"),
        date_out=at("2026-08-13T10:00"),
        visit_type="03",
    )
    result = covered(
        visit,
        a_drug(50_000, ordered_at=at("2026-08-10T09:00")),
        a_drug(70_000, ordered_at=at("2026-08-12T09:00"), scope=UNLISTED),
        a_line(900_000, ordered_at=at("2026-08-10T09:00"), group=10, package="G1"),
        a_line(800_000, ordered_at=at("2026-08-12T09:00"), group=13),
        a_line(0, ordered_at=at("2026-08-12T09:00"), group=1),
    )
    texts = [
        {"TEN_THUOC": "Thuốc Thử", "DON_VI_TINH": "viên"},
        {"TEN_THUOC": "=1+1"},
        {"TEN_VAT_TU": "Vật tư Thử"},
        {"TEN_DICH_VU": "Khám Thử"},
        {"TEN_DICH_VU": "Không có chi phí"},
    ]
    return claim(result, lines=texts, summary={"HO_TEN": "NGUYỄN THỊ THỬ", "MA_BN": "99-1"})


def test_each_card_and_level_has_a_block_and_only_groups_with_cost_are_shown() -> None:
    blocks = bill_of(two_cards()).blocks

    assert [
        (block.card_number[:3], int(block.level), [group.number for group in block.groups])
        for block in blocks
    ] == [("DN4", 80, [8, 10]), ("HN2", 0, [8]), ("HN2", 100, [1])]


def test_an_open_visit_has_no_bill() -> None:
    result = covered(a_visit(is_closed=False), a_line())

    with pytest.raises(NotWritable):
        bill_of(claim(result))


def test_another_payer_within_the_insured_part_is_told() -> None:
    result = covered(a_visit(), a_line(1_000_000, sources=Sources(vttn=Decimal(50_000))))
    pooled = covered(
        a_visit(), a_line(1_000_000, sources=Sources(vttn=Decimal(50_000)), mode=Mode.POOL)
    )

    assert bill_of(claim(result)).other_payer_within == 50_000
    assert bill_of(claim(pooled)).other_payer_within == 0


def test_the_workbook_has_numbers_as_numbers_and_names_as_text() -> None:
    bill = bill_of(two_cards())

    sheet = openpyxl.load_workbook(io.BytesIO(bill_paper.workbook(bill, "99001"))).active
    rows = list(sheet.iter_rows())

    texts = {cell.value: cell.data_type for row in rows for cell in row}
    assert texts["=1+1"] == "s"
    [total] = [row for row in rows if row[0].value == "Tổng cộng"]
    assert [Decimal(str(total[place].value)) for place in (6, 8, 9, 10, 11, 12)] == [
        bill.sums.cost,
        bill.sums.insured,
        bill.sums.fund,
        bill.sums.copayment,
        bill.sums.others,
        bill.sums.own,
    ]
    assert "Không có chi phí" not in texts


def test_the_page_says_names_groups_and_amounts_in_words() -> None:
    page = bill_paper.pdf(bill_of(two_cards()), "99001")

    text = " ".join(
        " ".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(page)).pages).split()
    )
    for words in ("NGUYỄN THỊ THỬ", "8. Thuốc, dịch truyền", "10. Gói vật tư y tế", "1. Khám bệnh",
                  "Một triệu tám trăm hai mươi nghìn đồng", "1.820.000"):  # fmt: skip
        assert words in text
    assert say(GROUPS[3], "vi") not in text


def test_hostile_names_are_set_as_they_are() -> None:
    one = two_cards()
    hostile = [{"TEN_THUOC": '#read("/etc/passwd")]', "DON_VI_TINH": "*" * 60}] * 5
    made = Claim(one.ma_lk, one.coverage, one.cards, {"HO_TEN": "$x^2$ \\ #panic[x]"}, hostile)

    page = pypdf.PdfReader(io.BytesIO(bill_paper.pdf(bill_of(made), "99001")))

    assert "#panic[x]" in page.pages[0].extract_text()


def a_case() -> dict[str, Any]:
    return {
        "id": "VPTEST77",
        "kind": "visit",
        "visit": {
            "date_in": "2026-08-10T07:45",
            "date_out": "2026-08-10T10:00",
            "visit_type": "01",
            "category": "1.1",
            "cards": [{"object": "DN", "code": "4", "from": "2026-01-01", "to": "2026-12-31"}],
        },
        "lines": [{"table": "XML3", "qty": 1, "price_bv": 50600, "group": 13}],
    }


def written(folder: Path, case: dict[str, Any]) -> list[str]:
    path = folder / "case.json"
    path.write_text(json.dumps(case), encoding="utf-8")
    return ["bhyt", "bill", str(path), "--language", "en"]


def test_the_command_writes_both_papers_of_a_case(tmp_path: Path) -> None:
    case = a_case() | {
        "claim": {"ma_lk": "VPTEST0077", "cards": ["DN4999900000001"],
                  "summary": {"HO_TEN": "LÊ THỬ"}, "lines": [{"TEN_DICH_VU": "Khám Thử"}]}
    }  # fmt: skip
    targets = ["--pdf", str(tmp_path / "b.pdf"), "--xlsx", str(tmp_path / "b.xlsx")]

    assert cli.main([*written(tmp_path, case), *targets]) == 0

    assert (tmp_path / "b.pdf").read_bytes().startswith(b"%PDF")
    sheet = openpyxl.load_workbook(tmp_path / "b.xlsx").active
    assert {"LÊ THỬ", "Khám Thử", "VPTEST0077"} <= {
        cell.value for row in sheet.iter_rows() for cell in row
    }
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"cards": []}, "claim.cards"),
        ({"lines": []}, "claim.lines"),
        ({"summary": {"HO_TEN": 5}}, "claim.summary"),
        ({"summary": {"NO_FIELD": "x"}}, "NO_FIELD"),
        ({"other": "x"}, "claim.other"),
    ],
)
def test_the_command_names_what_is_wrong(
    wrong: dict[str, Any], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = written(tmp_path, a_case() | {"claim": wrong})

    assert cli.main([*arguments, "--pdf", str(tmp_path / "b.pdf")]) == 1

    assert said in capsys.readouterr().err
    assert not (tmp_path / "b.pdf").exists()


def test_the_command_asks_where_the_bill_goes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(written(tmp_path, a_case())) == 1
    assert "--pdf" in capsys.readouterr().err
