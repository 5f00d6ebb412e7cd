"""Files come in once, sealed with their hash; a visit twice is a finding unless it is replaced."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from payments.claims.findings import Verdict
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO, vnd
from payments.settlement import sending
from payments.settlement.model import LedgerDiffers, PeriodReported
from payments.settlement.rows import CLAIM_FILE, CLAIM_VERSION
from payments.settlement.status import IllegalClaimStep, State
from payments.settlement.taking_in import ForeignDossier, Purpose, original, take_in
from tests.support.settlement import Fund, a_file, a_written

DAY = date(2026, 9, 3)


def test_the_bytes_are_kept_sealed_and_named_by_their_hash(fund: Fund) -> None:
    content = a_file(a_written("VPTEST0001", DAY))

    told = take_in(fund.runtime, fund.scope, content, fund.rules)

    with fund.runtime.database.reading(fund.scope) as tx:
        row = tx.execute(select(CLAIM_FILE)).one()
        assert original(tx, fund.runtime.keys, told.file) == content
    assert bytes(row.sha256) == hashlib.sha256(content).digest()
    assert b"VPTEST0001" not in row.content_sealed
    assert row.rules_version == fund.rules.version
    assert (told.claims, told.is_new) == (1, True)


def test_the_same_file_again_changes_nothing(fund: Fund) -> None:
    first = fund.bring(a_written("VPTEST0001", DAY))
    before = fund.hospital.balance("1400")

    again = fund.bring(a_written("VPTEST0001", DAY))

    assert (again.file, again.claims, again.is_new) == (first.file, 1, False)
    assert fund.hospital.balance("1400") == before
    fund.assert_equal()


def test_a_visit_again_is_a_finding_and_no_claim(fund: Fund) -> None:
    fund.bring(a_written("VPTEST0001", DAY))

    told = fund.bring(a_written("VPTEST0001", DAY, 500_000), a_written("VPTEST0002", DAY))

    assert told.verdict is Verdict.REJECT
    assert [one.code for one in told.findings] == ["MA_LK_DUPLICATE"]
    assert told.claims == 0
    fund.assert_equal()


def test_a_replacement_is_a_version_with_a_reason(fund: Fund) -> None:
    fund.bring(a_written("VPTEST0001", DAY))
    fund.send("202609")
    claim = fund.claim("VPTEST0001")
    sending.come_back(fund.runtime, fund.scope, claim, "sai cấu trúc")
    with pytest.raises(InvalidField):
        fund.bring(a_written("VPTEST0001", DAY, 500_000), purpose=Purpose.REPLACEMENT)
    before = fund.hospital.balance("1410")

    fund.bring(a_written("VPTEST0001", DAY, 500_000), purpose=Purpose.REPLACEMENT, reason="sửa giá")
    fund.assert_equal()
    fund.send("202609")

    with fund.runtime.database.reading(fund.scope) as tx:
        rows = tx.execute(select(CLAIM_VERSION).order_by(CLAIM_VERSION.c.version)).all()
    assert [(row.version, row.reason) for row in rows] == [(1, ""), (2, "sửa giá")]
    assert fund.hospital.balance("1410") > before
    assert fund.hospital.balance("1400") == ZERO
    fund.assert_equal()


def test_a_sent_claim_is_not_replaced(fund: Fund) -> None:
    fund.bring(a_written("VPTEST0001", DAY))
    fund.send("202609")

    with pytest.raises(IllegalClaimStep):
        fund.bring(
            a_written("VPTEST0001", DAY, 500_000), purpose=Purpose.REPLACEMENT, reason="sửa giá"
        )


def test_a_withdrawn_claim_takes_its_money_back(fund: Fund) -> None:
    fund.bring(a_written("VPTEST0001", DAY))
    fund.send("202609")
    claim = fund.claim("VPTEST0001")
    for _ in range(2):
        sending.withdraw(fund.runtime, fund.scope, claim, "không thuộc BHYT")

    assert fund.state("VPTEST0001") is State.WITHDRAWN
    for control in ("1400", "1410", "4000"):
        assert fund.hospital.balance(control) == ZERO
    fund.assert_equal()


def test_another_hospitals_file_is_refused(fund: Fund) -> None:
    with pytest.raises(ForeignDossier):
        take_in(
            fund.runtime,
            fund.scope,
            a_file(a_written("VPTEST0001", DAY), facility="99002"),
            fund.rules,
        )


def test_a_reported_month_takes_no_more_claims(fund: Fund) -> None:
    for month in (7, 8, 9):
        fund.bring(a_written(f"VPTEST000{month}", date(2026, month, 3)))
        fund.send(f"20260{month}")
    fund.report("2026Q3", "202607", "202608", "202609")

    with pytest.raises(PeriodReported):
        fund.bring(a_written("VPTEST0010", DAY))


def test_a_claim_that_the_ledger_holds_otherwise_is_not_sent(fund: Fund) -> None:
    fund.book_elsewhere("VPTEST0001", vnd(1_000))
    fund.bring(a_written("VPTEST0001", DAY))

    with pytest.raises(LedgerDiffers):
        sending.send(fund.runtime, fund.scope, fund.claim("VPTEST0001"))


def test_evidence_is_never_changed(fund: Fund) -> None:
    fund.bring(a_written("VPTEST0001", DAY))

    for table in ("claim_file", "claim_version", "claim_line", "claim_step"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET facility_id = facility_id"):
            with (
                pytest.raises(DBAPIError),
                fund.runtime.database.transaction(fund.scope) as tx,
            ):
                tx.execute(text(statement))
