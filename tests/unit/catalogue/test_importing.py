"""A list is applied as it was shown, once, and overwrites nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from payments.catalogue import departments, history, importing, queries
from payments.catalogue.importing import Preview
from payments.catalogue.model import DepartmentTaken, Kind, ListChanged, PastDate
from payments.catalogue.rows import PRICE_LIST, SERVICE_PRICE
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import FrozenClock
from payments.kernel.errors import InvalidField, NotFound
from payments.kernel.money import vnd
from payments.kernel.scope import FacilityId, Scope
from payments.runtime import Runtime
from payments.sheets import UnreadableSheet
from tests.support.hospital import Hospital
from tests.support.price_lists import as_csv, as_xlsx

TODAY = HospitalDay.parse("2026-11-24")
DECEMBER = HospitalDay.parse("2026-12-01")
LIST = as_csv(
    ("KB01", "Khám theo yêu cầu", "KB", "160.000"),
    ("KB02", "Khám thường", "KB", "36.500"),
    ("KB09", "Khám tại nhà", "KB", "400000"),
)


def show(
    hospital: Hospital, content: bytes = LIST, since: HospitalDay = DECEMBER, *, whole: bool = False
) -> Preview:
    return importing.show(hospital.runtime, hospital.scope, content, since=since, is_whole=whole)


def apply(hospital: Hospital, preview: Preview) -> Preview:
    return importing.apply(hospital.runtime, hospital.scope, preview.id, preview.seen)


def prices(hospital: Hospital, day: HospitalDay) -> dict[str, int]:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return {code: one.price.dong for code, one in history.sold_on(tx, day).items()}


def rows(hospital: Hospital) -> int:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        count: int = tx.execute(select(func.count()).select_from(SERVICE_PRICE)).scalar_one()
    return count


def test_preview_changes_nothing(hospital: Hospital) -> None:
    before = rows(hospital), prices(hospital, DECEMBER)

    preview = show(hospital)

    assert preview.counts == {
        Kind.ADDED: 1,
        Kind.CHANGED: 1,
        Kind.ENDED: 0,
        Kind.UNCHANGED: 1,
    }
    assert (rows(hospital), prices(hospital, DECEMBER)) == before


def test_new_price_begins_on_its_day_and_ends_the_former(hospital: Hospital) -> None:
    apply(hospital, show(hospital))

    assert prices(hospital, DECEMBER.plus(-1))["KB01"] == 150_000
    assert "KB09" not in prices(hospital, DECEMBER.plus(-1))
    assert prices(hospital, DECEMBER)["KB01"] == 160_000
    assert prices(hospital, DECEMBER)["KB09"] == 400_000
    with hospital.runtime.database.reading(hospital.scope) as tx:
        _, spans = history.of_service(tx, "KB01")
    assert [(s.price, s.valid_from, s.valid_to) for s in spans] == [
        (vnd(160_000), DECEMBER, None),
        (vnd(150_000), TODAY.plus(-30), DECEMBER),
    ]


def test_price_of_an_order_is_that_of_its_hospital_day(
    hospital: Hospital, clock: FrozenClock
) -> None:
    apply(hospital, show(hospital, since=TODAY.plus(1)))
    clock.set(TODAY.ends_at - timedelta(seconds=1))
    before = hospital.view(hospital.issue("KB01")).total
    clock.advance(timedelta(seconds=1))

    assert before == vnd(150_000)
    assert hospital.view(hospital.issue("KB01")).total == vnd(160_000)


def test_same_file_twice_adds_nothing(hospital: Hospital) -> None:
    apply(hospital, show(hospital))
    before = rows(hospital)

    again = show(hospital)
    apply(hospital, again)

    assert again.counts == {
        Kind.ADDED: 0,
        Kind.CHANGED: 0,
        Kind.ENDED: 0,
        Kind.UNCHANGED: 3,
    }
    assert rows(hospital) == before


def test_button_pressed_twice_applies_once(hospital: Hospital) -> None:
    preview = show(hospital)
    apply(hospital, preview)
    before = rows(hospital)

    apply(hospital, preview)

    assert rows(hospital) == before


def test_workbook_and_text_are_the_same_list(hospital: Hospital) -> None:
    book = as_xlsx(
        ("KB01", "Khám theo yêu cầu", "KB", 160000),
        ("KB02", "Khám thường", "KB", 36500),
        ("KB09", "Khám tại nhà", "KB", 400000),
    )

    assert show(hospital, book).changes == show(hospital).changes


def test_whole_list_ends_what_it_does_not_name_and_it_may_come_back(hospital: Hospital) -> None:
    apply(hospital, show(hospital, whole=True))

    assert set(prices(hospital, DECEMBER)) == {"KB01", "KB02", "KB09"}
    assert "XN01" in prices(hospital, DECEMBER.plus(-1))
    back = as_csv(("XN01", "Tổng phân tích tế bào máu", "XN", "95.000"))
    apply(hospital, show(hospital, back, DECEMBER.plus(1)))
    assert prices(hospital, DECEMBER.plus(1))["XN01"] == 95_000
    with hospital.runtime.database.reading(hospital.scope) as tx:
        _, spans = history.of_service(tx, "XN01")
    assert [s.price for s in spans] == [vnd(95_000), None, vnd(92_000)]


def test_price_that_begins_on_the_same_day_is_not_overwritten(hospital: Hospital) -> None:
    apply(hospital, show(hospital))
    other = as_csv(("KB02", "Khám thường", "KB", "1"), ("KB01", "Khám theo yêu cầu", "KB", "2"))

    with pytest.raises(UnreadableSheet) as error:
        show(hospital, other)

    assert [(one.line, one.key) for one in error.value.problems] == [(3, "price_list.same_day")]


def test_list_of_a_day_that_is_over_is_refused(hospital: Hospital) -> None:
    with pytest.raises(PastDate):
        show(hospital, since=TODAY.plus(-1))


def test_list_is_not_applied_when_the_catalogue_changed_since(hospital: Hospital) -> None:
    preview = show(hospital)
    apply(hospital, show(hospital, as_csv(("KB01", "Khám theo yêu cầu", "KB", "9")), TODAY))

    with pytest.raises(ListChanged):
        apply(hospital, preview)
    assert prices(hospital, DECEMBER)["KB01"] == 9


def test_wrong_list_leaves_nothing_behind(hospital: Hospital) -> None:
    with pytest.raises(UnreadableSheet):
        show(hospital, as_csv(("KB01", "Khám", "KB", "1"), ("KB02", "Khám", "ZZ", "1")))

    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert tx.execute(select(func.count()).select_from(PRICE_LIST)).scalar_one() == 0


def test_list_that_nobody_applied_is_forgotten(hospital: Hospital, clock: FrozenClock) -> None:
    old = show(hospital)
    clock.advance(timedelta(days=2))
    show(hospital, as_csv(("KB01", "Khám", "KB", "1")))

    with pytest.raises(NotFound):
        importing.shown(hospital.runtime, hospital.scope, old.id)


def test_list_of_another_facility_is_not_there(hospital: Hospital, runtime: Runtime) -> None:
    preview = show(hospital)
    if not runtime.database.is_postgres:
        pytest.skip("a SQLite file holds one facility")

    with pytest.raises(NotFound):
        importing.shown(runtime, Scope(FacilityId(99002), "user:them", "r"), preview.id)


def test_services_of_a_department_that_ended_are_not_sold(
    hospital: Hospital, clock: FrozenClock
) -> None:
    departments.end(hospital.runtime, hospital.scope, "KB", DECEMBER)
    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert "KB01" in queries.priced(tx, ["KB01"])
    clock.set(DECEMBER.starts_at)

    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert queries.priced(tx, ["KB01", "XN01"]).keys() == {"XN01"}
    with pytest.raises(UnreadableSheet):
        show(hospital, as_csv(("KB01", "Khám", "KB", "1")), DECEMBER)


def test_department_is_added_once_from_a_day_on(hospital: Hospital) -> None:
    told = {"code": "ntr", "name": "Phòng 30", "since": DECEMBER}
    departments.add(hospital.runtime, hospital.scope, **told)  # type: ignore[arg-type]

    with hospital.runtime.database.reading(hospital.scope) as tx:
        [made] = [one for one in history.departments(tx) if one.code == "NTR"]
    assert (made.is_valid(TODAY), made.is_valid(DECEMBER)) == (False, True)
    with pytest.raises(DepartmentTaken):
        departments.add(hospital.runtime, hospital.scope, **told)  # type: ignore[arg-type]
    with pytest.raises(InvalidField):
        departments.add(hospital.runtime, hospital.scope, code="có dấu", name="x", since=TODAY)
    with pytest.raises(PastDate):
        departments.end(hospital.runtime, hospital.scope, "NTR", TODAY.plus(-1))
