"""Whoever reads the whole database learns no patient's name, number, card or telephone."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import select

import payments
from payments.demo.hospital import DESK
from payments.intents.service import open_intent
from payments.invoicing.model import LineRequest, PatientRequest
from payments.invoicing.service import IssueRequest, issue
from payments.kernel.text import unmarked
from payments.patients import queries
from payments.patients.model import Facts
from payments.patients.scanning import Birth
from payments.patients.service import admit, identify
from payments.runtime import Runtime
from payments.storage.columns import METADATA
from tests.support.hospital import Hospital
from tests.support.ledger import as_role

NAME = "NGUYỄN VĂN THỬNGHIỆM"
IDENTITY = "001099718281"
CARD = "DN4799931415926"
PHONE = "0912271828"
BORN = Birth(1999, 7, 28)
SECRETS = (NAME, unmarked(NAME), NAME.title(), "THỬNGHIỆM", "THUNGHIEM", IDENTITY, CARD, CARD[5:],
           PHONE, "1999-07-28", "28/07/1999", "28071999")  # fmt: skip


def cells(runtime: Runtime) -> Iterator[tuple[str, bytes]]:
    """Give every value of every table as bytes, read by the role that makes backups."""
    for module in pkgutil.walk_packages(payments.__path__, "payments."):
        if module.name != "payments.gunicorn":
            importlib.import_module(module.name)
    database = runtime.database
    if database.is_postgres:
        database = as_role(database, "vp_backup")
    with database.engine.connect() as connection:
        for table in METADATA.sorted_tables:
            for row in connection.execute(select(table)).mappings():
                for name, value in row.items():
                    yield f"{table.name}.{name}", _bytes(value)


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def a_day(hospital: Hospital) -> UUID:
    """Admit, identify, invoice, pay and number: what one patient leaves behind in a day."""
    runtime, scope = hospital.runtime, hospital.scope
    facts = Facts(NAME, BORN, IDENTITY, "", PHONE)
    patient = admit(runtime, scope, "99-0271828", facts)
    identify(runtime, scope, patient, Facts(birth=BORN, card=CARD))
    request = IssueRequest(
        PatientRequest(NAME, 1999, "99-0271828"), (LineRequest("KB01", 1),), "form-00271828"
    )
    invoice = issue(runtime, scope, request)
    intent = open_intent(runtime, scope, invoice=invoice, channel=DESK, key="show-00271828")
    hospital.arrive(hospital.transfer(intent.code, intent.amount))
    hospital.work()
    return patient


def test_a_dump_contains_no_full_number_and_no_clear_name(hospital: Hospital) -> None:
    patient = a_day(hospital)

    found = list(cells(hospital.runtime))

    assert len(found) > 300
    assert {where.split(".")[0] for where, _ in found} >= {
        "patient", "patient_index", "audit_event", "invoice", "payment", "ledger_txn",
    }  # fmt: skip
    for secret in SECRETS:
        for form in (secret.encode(), secret.encode("utf-16-le"), secret.encode().hex().encode()):
            leaks = {where for where, value in found if form in value}
            assert leaks == set(), secret
    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert queries.person(tx, hospital.runtime.keys, patient).name == NAME


def test_the_file_itself_contains_none_either(hospital: Hospital) -> None:
    """Deleted rows, indexes and the log beside the file are in no table."""
    if hospital.runtime.database.is_postgres:
        return
    a_day(hospital)
    path = hospital.runtime.database.engine.url.database
    assert path is not None
    parts = []
    for suffix in ("", "-wal"):
        try:
            with open(path + suffix, "rb") as file:
                parts.append(file.read())
        except FileNotFoundError:
            continue
    whole = b"".join(parts)

    assert b"99-0271828" in whole
    for secret in SECRETS:
        assert secret.encode() not in whole, secret


def test_the_audit_tells_what_was_told_and_no_value(hospital: Hospital) -> None:
    patient = a_day(hospital)
    audit = METADATA.tables["audit_event"]

    with hospital.runtime.database.reading(hospital.scope) as tx:
        rows = tx.execute(
            select(audit.c.kind, audit.c.facts).where(audit.c.about == f"patient:{patient}")
        ).all()

    assert [tuple(row) for row in rows] == [
        ("patient.admitted", '{"told": ["birth", "identity", "phone"]}'),
        ("patient.identified", '{"told": ["birth", "card"]}'),
    ]
