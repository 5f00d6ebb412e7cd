"""Forms 01/BH, 02/BH and 09/BH: sums that fit, changes that are told, and what the forms refuse."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from payments.claims.adjusting import (
    NoReason,
    NotAdjustable,
    NothingToAdjust,
    PortalIds,
    Version,
    changes,
    form_09,
)
from payments.claims.checking import check
from payments.claims.periods import GROUPS, NoGroup, OtherPeriod, month, quarter
from payments.claims.tables import Record
from tests.support.bhyt import RULES
from tests.support.dossiers import SAMPLES, dossier, drop_field, envelope, sample, set_field
from tests.unit.claims.test_commands import bhyt

ON = date(2026, 10, 2)
hundredths = st.integers(0, 10**12).map(lambda whole: Decimal(whole) / 100)


def visit(kind: str = "01", period: str = "202609", **amounts: str | Decimal) -> Record:
    """XML1 of a visit whose totals fit."""
    told = {name: Decimal(amount) for name, amount in amounts.items()}
    own, copayment, fund, others = (
        told.get(name, Decimal(0)) for name in ("T_BNTT", "T_BNCCT", "T_BHTT", "T_NGUONKHAC")
    )
    sums = {"T_TONGCHI_BH": copayment + fund, "T_TONGCHI_BV": own + copayment + fund + others}
    values = {
        "MA_LK": "VPTEST0001",
        "MA_LOAI_KCB": kind,
        "NAM_QT": period[:4],
        "THANG_QT": period[4:],
        "SO_NGAY_DTRI": "2",
        **{name: str(amount) for name, amount in (sums | told).items()},
    }
    return Record("XML1", MappingProxyType(values))


@given(
    st.lists(
        st.tuples(
            st.sampled_from([kind for kinds in GROUPS.values() for kind in kinds]),
            *[hundredths] * 4,
        ),
        max_size=8,
    )
)
def test_both_checks_hold_in_whole_dong_and_rounding_is_below_two(
    visits: list[tuple[str, Decimal, Decimal, Decimal, Decimal]],
) -> None:
    form = month(
        "202609",
        [
            visit(kind, T_BNTT=own, T_BNCCT=copayment, T_BHTT=fund, T_NGUONKHAC=others)
            for kind, own, copayment, fund, others in visits
        ],
    )

    for row in (*form.rows, form.total):
        assert row.cost == row.insured + row.others + row.own
        assert row.insured == row.fund + row.copayment
    for row in form.rows:
        assert abs(row.cost_differs_by) <= 2
        assert abs(row.insured_differs_by) <= 1
    assert form.total.visits == len(visits)
    assert [row.group for row in form.rows] == list(GROUPS)


def test_a_quarter_is_the_sum_of_its_three_months() -> None:
    months = [
        month(period, [visit("03", period, T_BHTT="100.5", T_BNCCT="25")])
        for period in ("202607", "202608", "202609")
    ]

    *groups, total = quarter(months[::-1])

    assert [row.group for row in groups] == list(GROUPS)
    assert (groups[-1].fund.dong, groups[-1].visits) == (303, 3)
    assert total.cost.dong == 378


@pytest.mark.parametrize(
    "periods",
    [("202608", "202609", "202610"), ("202607", "202608"), ("202607", "202607", "202608"),
     ("202610", "202611", "202701")],
)  # fmt: skip
def test_other_months_are_no_quarter(periods: tuple[str, ...]) -> None:
    with pytest.raises(OtherPeriod):
        quarter([month(period, []) for period in periods])


def test_no_money_is_left_out_of_the_form_in_silence() -> None:
    with pytest.raises(NoGroup) as refused:
        month("202609", [visit("13")])
    assert refused.value.extras["kind"] == "13"
    with pytest.raises(OtherPeriod):
        month("202608", [visit()])


def test_the_command_sums_files_that_can_be_trusted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = sorted(str(file) for file in SAMPLES.glob("s*.xml"))

    assert bhyt("month", "--period", "202609", *files) == 0

    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["group"] for row in rows] == [*GROUPS, "total"]
    for row in rows:
        whole = {name: Decimal(row[name]) for name in row if name.startswith("T_")}
        assert whole["T_TONGCHI_BH"] == whole["T_BHTT"] + whole["T_BNCCT"]
        assert (
            whole["T_TONGCHI_BV"] == whole["T_TONGCHI_BH"] + whole["T_NGUONKHAC"] + whole["T_BNTT"]
        )
    assert rows[-1]["visits"] == "6"

    bad = tmp_path / "bad.xml"
    bad.write_bytes(b"<!DOCTYPE x><x/>")
    assert bhyt("month", "--period", "202609", files[0], str(bad), "--language", "en") == 1
    assert "bad.xml is refused" in capsys.readouterr().err
    assert bhyt("month", "--period", "202608", files[0]) == 1


def version(tables: dict[str, str]) -> Version:
    [found] = check(envelope(dossier(tables)), RULES).visits
    return Version(found.summary, found.rows)


def test_each_field_that_changed_is_told_with_before_and_after() -> None:
    before = sample("s1")
    after = before | {
        "XML1": set_field(before["XML1"], "MA_BENH_CHINH", "I11"),
        "XML2": set_field(before["XML2"], "LIEU_DUNG", "2 viên/lần", row=2),
        # The same amount, spelled otherwise, is no change.
        "XML3": set_field(before["XML3"], "DON_GIA_BV", "50600.00"),
    }

    found = changes(version(before), version(after))

    told = [(one.row.table, one.row["STT"], one.field, one.after) for one in found]
    assert told == [
        ("XML1", "1", "MA_BENH_CHINH", "I11"),
        ("XML2", "2", "LIEU_DUNG", "2 viên/lần"),
    ]
    ids = PortalIds("9001", {("XML2", "2"): "77"})
    root = etree.fromstring(form_09("99001", ON, version(before), found, " sai  liều ", ids))
    assert root.findtext("TT_HOSO/TT_XML1/KY_QT") == "202609"
    assert root.findtext("TT_HOSO/TT_XML1/ID_XML1") == "9001"
    summary = root.find("TT_HOSO/TT_DIEUCHINH/DS_XML1_DIEUCHINH/TT_XML1_DC")
    assert summary is not None
    assert (summary.findtext("TT_GOC"), summary.findtext("TT_DIEUCHINH")) == ("I10", "I11")
    row = root.find("TT_HOSO/TT_DIEUCHINH/DSCP_DIEUCHINH/CHIPHI")
    assert row is not None
    names = ("SOBANG_XML", "STT_XML", "ID_CP", "TRANGTHAI", "LYDO_DIEUCHINH")
    assert [row.findtext(name) for name in names] == ["2", "2", "77", "1", "sai liều"]


def test_a_row_that_is_gone_is_cancelled() -> None:
    before = version(sample("s1"))
    after = Version(before.summary, before.rows[:-1])

    root = etree.fromstring(form_09("99001", ON, before, changes(before, after), "kê trùng"))

    row = root.find("TT_HOSO/TT_DIEUCHINH/DSCP_DIEUCHINH/CHIPHI")
    assert row is not None
    assert (row.findtext("TRANGTHAI"), row.findtext("SOBANG_XML")) == ("2", "3")


def test_what_the_form_cannot_say_is_refused() -> None:
    ours, other = version(sample("s1")), version(sample("s2"))

    with pytest.raises(NothingToAdjust):
        changes(ours, ours)
    with pytest.raises(NotAdjustable):
        changes(ours, other)
    with pytest.raises(NotAdjustable) as refused:
        changes(Version(ours.summary, ours.rows[:-1]), ours)
    assert refused.value.extras["what"].startswith("XML3/")
    for reason in ("", "  ", "x" * 1001):
        with pytest.raises(NoReason):
            form_09("99001", ON, ours, (), reason)


def test_the_command_writes_the_form_of_two_files(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    tables = sample("s1")
    changed = tables | {"XML1": set_field(tables["XML1"], "MA_KHOA", "K02")}
    broken = tables | {"XML1": drop_field(tables["XML1"], "MA_LK")}
    paths = []
    for name, told in (("a", tables), ("b", changed), ("c", broken)):
        path = tmp_path / f"{name}.xml"
        path.write_bytes(envelope(dossier(told)))
        paths.append(str(path))
    more = ("--reason", "sai khoa", "--on", "2026-10-02", "--language", "en")

    assert bhyt("adjust", paths[0], paths[1], *more) == 0

    assert b"<TT_DIEUCHINH>K02</TT_DIEUCHINH>" in capfdbinary.readouterr().out
    assert bhyt("adjust", paths[0], paths[0], *more) == 1
    assert b"nothing to adjust" in capfdbinary.readouterr().err
    assert bhyt("adjust", paths[0], paths[2], *more) == 1
    assert b"c.xml is refused" in capfdbinary.readouterr().err
