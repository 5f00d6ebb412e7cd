"""Stays for the show of pages: an advance nearly used up, one settled, one of a deceased."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from payments.demo.hospital import DESK
from payments.discharging.queries import settling
from payments.discharging.service import Settle, close_deceased, settle
from payments.kernel.money import vnd
from payments.patients.model import Facts
from payments.patients.scanning import Birth
from payments.patients.service import admit as register
from payments.stays import codes, repository, service, watching
from payments.stays.model import Stay
from tests.support.hospital import Hospital


def stays_of(hospital: Hospital) -> tuple[dict[str, Stay], dict[str, UUID]]:
    """Make a stay for each state that the pages show; returns them, and an advance's payment."""
    made = {
        name: _admitted(hospital, name, f"99-6000{number:02d}")
        for number, name in enumerate(("watched", "settled", "deceased"), 1)
    }
    paid = {name: _pay(hospital, stay, 1_000_000) for name, stay in made.items()}
    now = hospital.runtime.clock.now()
    told = watching.CostTold(
        made["watched"].number, vnd(4_500_000), vnd(900_000), now - timedelta(hours=1), "his"
    )
    watching.take_cost(hospital.runtime, hospital.scope, told)
    asked = codes.CodeRequest(made["watched"].encounter, DESK, None, "show-family")
    codes.show_code(hospital.runtime, hospital.scope, asked)
    with hospital.runtime.database.reading(hospital.scope) as tx:
        seen = settling(tx, made["settled"].encounter).ladder.balance.dong
    done = Settle(made["settled"].encounter, seen, "Ra viện", by_link=True)
    settle(hospital.runtime, hospital.scope, done)
    close_deceased(hospital.runtime, hospital.scope, made["deceased"].encounter, "")
    return made, paid


def _admitted(hospital: Hospital, name: str, number: str) -> Stay:
    facts = Facts(f"PHẠM THỊ THỬ {name[0].upper()}", Birth(1950))
    patient = register(hospital.runtime, hospital.scope, number, facts)
    asked = service.Admission(patient, "KB", f"show-{name}")
    return service.admit(hospital.runtime, hospital.scope, asked)


def _pay(hospital: Hospital, stay: Stay, amount: int) -> UUID:
    """Transfer an advance, so that no shift of the show changes."""
    asked = codes.CodeRequest(stay.encounter, DESK, vnd(amount), f"show-{stay.number}")
    code = codes.show_code(hospital.runtime, hospital.scope, asked)
    hospital.arrive(hospital.transfer(code.code, vnd(amount)))
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return repository.deposits(tx, stay.encounter)[0].payment
