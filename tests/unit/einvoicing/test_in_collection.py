"""The daily collection names the e-invoice of each receipt, a replaced one too."""

from __future__ import annotations

import csv
import io

from payments.einvoicing import service
from payments.external.einvoices import Buyer, Kind
from tests.support.einvoices import issuing
from tests.support.hospital import Hospital
from tests.unit.statements.test_files import made


def test_collection_holds_every_number_of_a_receipt_oldest_first(hospital: Hospital) -> None:
    desk = issuing(hospital)
    (_, replaced), (_, plain), (_, _) = desk.paid(), desk.paid(), desk.paid()
    runtime, scope = hospital.runtime, hospital.scope
    first = service.ask(runtime, scope, [replaced])
    desk.work()
    service.ask(runtime, scope, [plain])
    desk.work()
    service.correct(runtime, scope, first, Kind.REPLACEMENT, "sai tên", Buyer("TRẦN THỊ MẪU"))
    desk.work()
    hospital.work()

    _, content = made(hospital, "collection", "csv")

    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert [one["Số HĐĐT"] for one in rows[:3]] == ["C26TVP1; C26TVP3", "C26TVP2", ""]
