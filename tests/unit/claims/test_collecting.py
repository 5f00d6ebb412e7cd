"""Dossiers held against the desk's money: PAID_NE_PAYABLE, and silence about visits of others."""

from __future__ import annotations

import argparse
import json
from datetime import date
from pathlib import Path

import pytest

from payments.claims import paid_commands
from payments.claims.collecting import collected
from payments.claims.writing import envelope_of
from payments.kernel.money import ZERO
from tests.support.hospital import Hospital
from tests.support.insured import Desk
from tests.support.settlement import a_written, claimed


def test_a_dossier_is_held_against_what_its_patient_has_paid(
    hospital: Hospital, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    desk = Desk(hospital)
    encounter = desk.open()
    desk.note(encounter)
    invoice = desk.settle(encounter)
    ours, others = claimed(desk, encounter), a_written("LK-ELSEWHERE", date(2026, 11, 3))
    file = tmp_path / "dossier.xml"
    file.write_bytes(envelope_of("99001", date(2026, 11, 30), [ours, others]))

    def found() -> list[tuple[str, str, str]]:
        args = argparse.Namespace(
            files=[file], json=True, language="vi", rules=None, certificate=None, profile=None
        )
        parser_status = paid_commands._check(hospital.runtime, hospital.scope, args)
        assert parser_status == 0
        told = json.loads(capfdbinary.readouterr().out)
        return [(one["code"], one["MA_LK"], one["found"]) for one in told["findings"]]

    assert found() == [("PAID_NE_PAYABLE", ours.ma_lk, "0")]
    paid = desk.pay(invoice)
    assert found() == []
    with hospital.runtime.database.reading(hospital.scope) as tx:
        told = collected(tx, [ours.ma_lk, "LK-ELSEWHERE", ours.ma_lk.lower(), "0" * 32])
    assert told == {ours.ma_lk: paid}
    assert paid == ours.coverage.patient_pays > ZERO
