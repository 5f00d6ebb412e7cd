"""Insured visits of the show: one in each state that a desk meets."""

from __future__ import annotations

from uuid import UUID

from tests.support.hospital import Hospital
from tests.support.insured import POOR, Desk, some_facts


def insured_visits(hospital: Hospital) -> tuple[dict[str, UUID], dict[str, UUID]]:
    """Make them; returns encounters and invoices by the name of the state."""
    desk = Desk(hospital)
    visits = {"insured-new": desk.open()}
    visits["insured-split"] = desk.open("KB01", "XN02", "SA02", "CT01")
    desk.note(visits["insured-split"])
    invoices = {}
    for name in ("insured-settled", "insured-returned", "insured-top-up"):
        visits[name] = desk.open()
        card = POOR if name == "insured-top-up" else some_facts().card
        desk.note(visits[name], some_facts(card=card))
        invoices[name] = desk.settle(visits[name])
    hospital.show(invoices["insured-settled"])
    for name in ("insured-returned", "insured-top-up"):
        desk.pay(invoices[name])
    hospital.work()
    desk.note(visits["insured-returned"], some_facts(second=POOR), "thẻ hộ nghèo tìm thấy sau")
    desk.note(visits["insured-top-up"], some_facts(), "thẻ hộ nghèo hết hạn")
    return visits, invoices
