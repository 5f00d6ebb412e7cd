"""Finding an invoice without its link: by what the patient's side knows, and with few tries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, func, select

from payments.encounters.rows import ENCOUNTER
from payments.invoicing import slips
from payments.invoicing.look_up import (
    ADDRESS_WINDOW,
    INVOICE_WINDOW,
    PER_ADDRESS,
    PER_INVOICE,
    Claim,
    NotFoundSo,
    TooManyLookUps,
    find,
)
from payments.invoicing.model import LINK_LIFE
from payments.invoicing.rows import INVOICE, LOOK_UP_TRY
from payments.kernel.clock import FrozenClock
from payments.kernel.scope import FacilityId, Scope
from payments.keys import Keys
from payments.patients.merging import Reason, merge
from payments.patients.model import Facts
from payments.patients.scanning import Birth
from payments.patients.service import admit, identify
from tests.support.hospital import Hospital

HOME = "203.0.113.7"
PHONE = "0912345678"


def patient_of(hospital: Hospital, invoice: UUID) -> UUID:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        found: UUID = tx.execute(
            select(ENCOUNTER.c.patient_id)
            .join(INVOICE, INVOICE.c.encounter_id == ENCOUNTER.c.id)
            .where(INVOICE.c.id == invoice)
        ).scalar_one()
    return found


def an_invoice(hospital: Hospital, phone: str = PHONE) -> tuple[str, str]:
    """Issue an invoice of a patient born in 1958; give its number and its token."""
    invoice = hospital.issue()
    if phone:
        identify(
            hospital.runtime, hospital.scope, patient_of(hospital, invoice), Facts(phone=phone)
        )
    view = hospital.view(invoice)
    return view.number, view.pay_token


def found(hospital: Hospital, claim: Claim, address: str = HOME) -> str:
    """Give the token, or the code of the refusal."""
    try:
        return find(hospital.runtime, hospital.scope, claim, address=address)
    except (NotFoundSo, TooManyLookUps) as error:
        return error.code


def by_person(number: str, phone_end: str = "5678", birth_year: int = 1958) -> Claim:
    return Claim(number, phone_end=phone_end, birth_year=birth_year)


def by_code(hospital: Hospital, number: str, token: str) -> Claim:
    code = slips.slip_code(hospital.runtime.keys, hospital.scope.facility, token)
    return Claim(number, slip_code=code)


def tries(hospital: Hospital) -> int:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        counted: int = tx.execute(select(func.count()).select_from(LOOK_UP_TRY)).scalar_one()
    return counted


def test_number_with_telephone_and_year_finds_the_invoice(hospital: Hospital) -> None:
    number, token = an_invoice(hospital)

    assert found(hospital, by_person(number)) == token
    assert tries(hospital) == 0


def test_number_with_the_code_of_its_slip_finds_the_invoice(hospital: Hospital) -> None:
    number, token = an_invoice(hospital, phone="")

    assert found(hospital, by_code(hospital, number, token)) == token


def test_a_part_of_the_answer_is_no_answer(hospital: Hospital) -> None:
    number, _ = an_invoice(hospital)
    other, other_token = an_invoice(hospital)
    claims = [
        by_person(number, phone_end="5679"),
        by_person(number, birth_year=1959),
        by_person("VP26999999"),
        by_code(hospital, number, other_token),
    ]

    answers = [found(hospital, claim, f"203.0.113.{n}") for n, claim in enumerate(claims)]

    assert answers == ["look-up-refused"] * 4
    assert found(hospital, by_code(hospital, other, other_token)) == other_token


def test_a_patient_without_telephone_is_found_by_the_slip_alone(hospital: Hospital) -> None:
    number, _ = an_invoice(hospital, phone="")

    for phone_end in ("", "----", "0000"):
        claim = by_person(number, phone_end=phone_end)
        assert found(hospital, claim, f"203.0.113.{len(phone_end)}") == "look-up-refused"


def test_the_telephone_of_a_merged_record_counts(hospital: Hospital) -> None:
    number, token = an_invoice(hospital, phone="")
    facts = Facts(name="NGUYỄN VĂN THỬ", birth=Birth(1958, None, None), phone=PHONE)
    counts = admit(hospital.runtime, hospital.scope, "99-MAIN", facts)
    with hospital.runtime.database.reading(hospital.scope) as tx:
        invoice = tx.execute(select(INVOICE.c.id).where(INVOICE.c.number == number)).scalar_one()
    other = patient_of(hospital, invoice)
    merge(hospital.runtime, hospital.scope, other, counts, Reason.TYPED_TWICE)

    assert found(hospital, by_person(number)) == token


def test_an_ended_link_is_found_no_more(hospital: Hospital, clock: FrozenClock) -> None:
    number, _ = an_invoice(hospital)
    clock.advance(LINK_LIFE)

    assert found(hospital, by_person(number)) == "look-up-refused"


def test_an_invoice_of_another_facility_is_unknown(hospital: Hospital) -> None:
    if not hospital.runtime.database.is_postgres:
        pytest.skip("a SQLite file holds one facility")
    theirs = Hospital(hospital.runtime, Scope(FacilityId(99002), "user:them", "r"))
    number, _ = an_invoice(theirs)

    assert found(hospital, by_person(number)) == "look-up-refused"


@pytest.mark.parametrize("is_known", [True, False], ids=["known", "unknown"])
def test_five_failures_close_a_number_for_a_day_from_every_address(
    hospital: Hospital, clock: FrozenClock, is_known: bool
) -> None:
    number = an_invoice(hospital)[0] if is_known else "VP26999999"
    wrong = by_person(number, phone_end="0000")

    answers = [found(hospital, wrong, f"203.0.113.{n}") for n in range(PER_INVOICE + 2)]

    assert answers == ["look-up-refused"] * PER_INVOICE + ["too-many-look-ups"] * 2
    assert found(hospital, by_person(number), "198.51.100.1") == "too-many-look-ups"
    clock.advance(INVOICE_WINDOW)
    assert found(hospital, wrong, "198.51.100.1") == "look-up-refused"


def test_twenty_failures_close_an_address_for_an_hour(
    hospital: Hospital, clock: FrozenClock
) -> None:
    number, token = an_invoice(hospital)

    answers = [
        found(hospital, by_person(f"VP27{n:06d}", phone_end="0000")) for n in range(PER_ADDRESS)
    ]

    assert set(answers) == {"look-up-refused"}
    assert found(hospital, by_person(number)) == "too-many-look-ups"
    assert found(hospital, by_person(number), "198.51.100.1") == token
    clock.advance(ADDRESS_WINDOW)
    assert found(hospital, by_person(number)) == token


def test_right_answers_are_no_tries(hospital: Hospital) -> None:
    number, token = an_invoice(hospital)

    for _ in range(PER_ADDRESS + 1):
        assert found(hospital, by_person(number)) == token


def test_neither_number_nor_address_nor_answer_is_kept(hospital: Hospital) -> None:
    found(hospital, by_person("VP26999999", phone_end="4711"))

    with hospital.runtime.database.reading(hospital.scope) as tx:
        rows = tx.execute(select(LOOK_UP_TRY.c.subject)).scalars().all()
    assert len(rows) == 2
    assert not any(word in bytes(row) for row in rows for word in (b"VP26", b"203.0", b"4711"))


class CountingKeys(Keys):
    """Counts the hashes that are made."""

    hashes = 0

    def fingerprint(self, purpose: str, text: str, *, number: int | None = None) -> bytes:
        type(self).hashes += 1
        return super().fingerprint(purpose, text, number=number)

    def fingerprints(self, purpose: str, text: str) -> Mapping[int, bytes]:
        made = super().fingerprints(purpose, text)
        type(self).hashes += len(made)
        return made


@contextmanager
def statements(hospital: Hospital) -> Iterator[list[str]]:
    """Note the text of every statement that goes to the database."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, text: str, *_more: Any) -> None:
        said.append(text)

    engine = hospital.runtime.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_unknown_and_wrong_take_the_same_statements_and_the_same_hashes(
    hospital: Hospital,
) -> None:
    """The time of an answer follows from these: nothing else in it depends on what is there."""
    number, _ = an_invoice(hospital)
    keys = CountingKeys(hospital.runtime.keys._rings, demo=True)
    hospital.runtime = replace(hospital.runtime, keys=keys)
    wrong = {
        "unknown": by_person("VP26999999"),
        "wrong telephone": by_person(number, phone_end="0000"),
        "wrong year": by_person(number, birth_year=1901),
        "wrong code": Claim(number, slip_code="00000000"),
    }
    costs = {}
    for name, claim in wrong.items():
        before = CountingKeys.hashes
        with statements(hospital) as said:
            assert found(hospital, claim, f"203.0.113.{len(costs)}") == "look-up-refused"
        costs[name] = (tuple(said), CountingKeys.hashes - before)

    assert len(set(costs.values())) == 1
    [(said_each, hashes), *_] = costs.values()
    assert len(said_each) >= 5
    assert hashes >= 3
