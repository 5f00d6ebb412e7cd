"""What the fund says of a service comes with the price list, from a day on, and is never lost."""

from __future__ import annotations

import pytest

from payments.catalogue import importing
from payments.catalogue.importing import Preview
from payments.catalogue.insured import insured_on
from payments.catalogue.model import Insured, Kind
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import vnd
from payments.sheets import UnreadableSheet
from tests.support.hospital import Hospital
from tests.support.price_lists import TITLES, as_csv

TODAY = HospitalDay.parse("2026-11-24")
DECEMBER = HospitalDay.parse("2026-12-01")
FUND = ("Giá BHYT", "Tỷ lệ BHYT", "Nhóm chi phí", "Phạm vi", "Bảng XML")
EXAM = ("KB01", "Khám theo yêu cầu", "KB", "150.000")


def take(hospital: Hospital, *rows: tuple[object, ...], titles: tuple[str, ...] = FUND) -> Preview:
    """Show and apply a list with the columns of the fund, from December on."""
    runtime, scope = hospital.runtime, hospital.scope
    content = as_csv(*rows, titles=(*TITLES, *titles))
    shown = importing.show(runtime, scope, content, since=DECEMBER, is_whole=False)
    return importing.apply(runtime, scope, shown.id, shown.seen)


def told(hospital: Hospital, code: str, day: HospitalDay) -> Insured | None:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return insured_on(tx, [code], day).get(code)


def test_a_list_says_what_the_fund_pays_from_its_day_on(hospital: Hospital) -> None:
    shown = take(hospital, (*EXAM, "52.000", "80%", "13", "", ""))

    assert shown.counts[Kind.CHANGED] == 1
    assert told(hospital, "KB01", TODAY) == Insured(vnd(50_600), 100, 13)
    assert told(hospital, "KB01", DECEMBER) == Insured(vnd(52_000), 80, 13)


def test_empty_cells_and_a_list_without_the_columns_leave_it_as_it_was(hospital: Hospital) -> None:
    take(hospital, (*EXAM, "", "", "", "", ""))
    take(hospital, ("KB01", "Khám theo yêu cầu", "KB", "160.000"), titles=())

    assert told(hospital, "KB01", DECEMBER) == Insured(vnd(50_600), 100, 13)


def test_a_drug_stands_in_its_own_table_and_a_service_may_be_outside_of_the_list(
    hospital: Hospital,
) -> None:
    take(
        hospital,
        ("TH01", "Thuốc thử", "KB", "12.000", "", "50", "4", "", "XML2"),
        ("KB03", "Giấy chứng nhận sức khỏe", "KB", "120.000", "", "0", "13", "2", ""),
    )

    assert told(hospital, "TH01", DECEMBER) == Insured(None, 50, 4, "1", "XML2")
    assert told(hospital, "KB03", DECEMBER) == Insured(None, 0, 13, "2", "XML3")


@pytest.mark.parametrize(
    ("cells", "key"),
    [
        (("x", "100", "13", "", ""), "price_list.price"),
        (("", "101", "13", "", ""), "price_list.rate"),
        (("", "", "13", "", ""), "price_list.rate"),
        (("", "100", "0", "", ""), "price_list.group"),
        (("", "100", "13", "4", ""), "price_list.scope"),
        (("", "100", "13", "", "XML4"), "price_list.table"),
    ],
)
def test_a_wrong_cell_refuses_the_list_by_its_place(
    hospital: Hospital, cells: tuple[str, ...], key: str
) -> None:
    with pytest.raises(UnreadableSheet) as refused:
        take(hospital, (*EXAM, *cells))

    assert [(one.line, one.key) for one in refused.value.problems] == [(2, key)]
