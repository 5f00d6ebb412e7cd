"""Two records side by side: the head cashier says that they are one, and which one counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.identity.permissions import Permission
from payments.invoicing import queries as invoicing
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO, Money
from payments.patients import queries as patients
from payments.patients.merging import Reason, merge, reason_of
from payments.patients.model import Candidate, CannotMerge, NoPatient, against_each_other
from payments.storage.unit_of_work import UnitOfWork
from payments.web.cashier.views import cashier
from payments.web.current import explain, runtime, scope, words
from payments.web.pages import render
from payments.web.security import requires

_FILE_LETTERS_MAX: Final = 30


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two records, and what it owns."""

    candidate: Candidate
    invoices: int
    due: Money


@dataclass(frozen=True, slots=True)
class MergePage:
    template: ClassVar[str] = "cashier/merge.html"

    id: UUID
    #: The file number that was typed for the other record; empty at first.
    other: str
    #: Two, or the one from which somebody came; none is chosen beforehand.
    sides: tuple[Side, ...]
    reasons: tuple[str, ...]
    counts: str
    reason: str
    failed_field: str
    failure: str


@cashier.get("/desk/patients/<uuid:patient_id>/merge")
@requires(Permission.MERGE)
def merge_patients(patient_id: UUID) -> AnyResponse | str:
    page = _page(patient_id)
    return Response(render(page), 422) if page.failure else render(page)


@cashier.post("/desk/patients/<uuid:patient_id>/merge")
@requires(Permission.MERGE)
def confirm_merge(patient_id: UUID) -> AnyResponse:
    page = _page(patient_id)
    try:
        if len(page.sides) != 2:
            raise InvalidField("other", "merge_other")
        ids = {str(side.candidate.person.id): side.candidate.person.id for side in page.sides}
        if page.counts not in ids:
            raise InvalidField("counts", "merge_counts")
        into = ids.pop(page.counts)
        [duplicate] = ids.values()
        merge(runtime(), scope(), duplicate, into, reason_of(page.reason))
    except InvalidField as error:
        return Response(render(_page(patient_id, error.field, explain(error))), 422)
    except CannotMerge as error:
        return Response(render(_page(patient_id, "other", explain(error))), 409)
    return redirect(url_for("cashier.patient", patient_id=into, history=1), 303)


def _page(patient_id: UUID, failed_field: str = "", failure: str = "") -> MergePage:
    other = request.values.get("other", "").strip().upper()[:_FILE_LETTERS_MAX]
    with runtime().database.reading(scope()) as tx:
        people = [patients.person(tx, runtime().keys, patient_id)]
        second = patients.of_number(tx, runtime().keys, other) if other else None
        if second is not None and second.id != people[0].id:
            people.append(second)
        elif other and not failure:
            failed_field = "other"
            failure = words("merge.same") if second is not None else explain(NoPatient())
        sides = tuple(_side(tx, one) for one in against_each_other(people))
    return MergePage(
        id=people[0].id,
        other=other,
        sides=sides,
        reasons=tuple(one.value for one in Reason),
        counts=request.form.get("counts", "")[:36],
        reason=request.form.get("reason", "")[:20],
        failed_field=failed_field,
        failure=failure,
    )


def _side(tx: UnitOfWork, candidate: Candidate) -> Side:
    records = patients.records_of(tx, candidate.person.id)
    invoices = invoicing.of_patients(tx, runtime().keys, records)
    return Side(candidate, len(invoices), sum((one.due for one in invoices), ZERO))
