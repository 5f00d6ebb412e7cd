"""Orders as a HIS would send them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from payments.interop.orders.queries import OrderView, of_patient, patient_of
from payments.interop.orders.reading import COLUMNS, read_csv
from payments.interop.orders.taking import Taken, take_in
from payments.kernel.calendar import HospitalDay
from tests.support.hospital import Hospital

FILE_NUMBER = "99-700001"


def row(**changes: Any) -> dict[str, str]:
    """One order of one KB01 for the patient of the tests, as cells."""
    told = {
        "order_number": "CD0001",
        "line": 1,
        "version": 1,
        "status": "ordered",
        "file_number": FILE_NUMBER,
        "patient_name": "LÊ THỊ THỬ NGHIỆM",
        "birth_year": 1971,
        "ordered_on": "2026-11-24",
        "service_code": "KB01",
        "quantity": 1,
    } | changes
    return {name: str(value) for name, value in told.items()}


def csv_of(*rows: dict[str, str], columns: tuple[str, ...] = COLUMNS, mark: str = ",") -> bytes:
    lines = [mark.join(columns)]
    lines += [mark.join(one.get(name, "") for name in columns) for one in rows]
    return ("\r\n".join(lines) + "\r\n").encode()


def take(hospital: Hospital, *rows: dict[str, str], source: str = "his") -> Taken:
    runtime = hospital.runtime
    priced = (*COLUMNS, "unit_price") if any("unit_price" in one for one in rows) else COLUMNS
    lines = read_csv(csv_of(*rows, columns=priced), HospitalDay.of(runtime.clock.now()))
    return take_in(runtime, hospital.scope, source, lines)


def orders(hospital: Hospital, file_number: str = FILE_NUMBER) -> tuple[OrderView, ...]:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        patient = patient_of(tx, hospital.runtime.keys, file_number)
        return () if patient is None else of_patient(tx, patient.patient)


def ids(hospital: Hospital, file_number: str = FILE_NUMBER) -> list[UUID]:
    return [one.id for one in orders(hospital, file_number)]
