"""Patients: whether the hospital's file number is known here, and little more."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from payments.patients.lookup import of_file_number
from payments.tokens.model import TokenScope
from payments.web.api.blueprint import Says, operation
from payments.web.api.fields import Strict, identifier, text
from payments.web.current import runtime, scope

FILE_NUMBER = "^[0-9A-Z][0-9A-Z./-]{0,29}$"


class PatientQuery(Strict):
    file_number = fields.String(
        required=True,
        validate=validate.Regexp(FILE_NUMBER),
        metadata={"description": "The hospital's number of the patient.", "example": "99-000123"},
    )


class PatientDocument(Strict):
    """A patient as far as a program needs: the name is masked."""

    id = identifier("Ours.")
    file_number = text("The hospital's number of the patient.")
    name = text("Masked: family and middle names by their first letter.")
    birth_year = fields.Integer(required=True)


class PatientsDocument(Strict):
    """None or one."""

    items = fields.List(fields.Nested(PatientDocument), required=True)


@operation("GET", "/patients", TokenScope.PATIENTS_READ, Says(PatientsDocument, query=PatientQuery))
def find_patients(asked: dict[str, Any]) -> Any:
    """Find a patient by file number; the list is empty where nobody has it."""
    with runtime().database.reading(scope()) as tx:
        found = of_file_number(tx, runtime().keys, asked["file_number"])
    if found is None:
        return {"items": []}
    patient = {
        "id": found.id,
        "file_number": found.file_number,
        "name": found.masked_name,
        "birth_year": found.birth_year,
    }
    return {"items": [patient]}
