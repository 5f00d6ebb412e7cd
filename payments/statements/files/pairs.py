"""Reconciliation: every movement of the bank accounts and gateways, with each side's amount."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row as Found
from sqlalchemy import select

from payments.bank.rows import BANK_CREDIT
from payments.invoicing.rows import INVOICE
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import Money
from payments.ledger.rows import TXN
from payments.receipts.rows import PAYMENT, SUSPENSE_MATCH
from payments.reconciliation import maps
from payments.reconciliation.comparing import compare
from payments.reconciliation.model import Comparison, Pair, Source
from payments.reconciliation.rows import STATEMENT_LINE
from payments.reconciliation.service import Finding, findings
from payments.reconciliation.sides import inputs
from payments.statements.files.entries import PAGE, asked, of_facility, people, rolled_up
from payments.statements.files.gateway_lines import GATEWAY, gateway_rows
from payments.statements.model import LANGUAGE, Column, Kind, Proof, Reading, Row, Statement
from payments.storage.unit_of_work import UnitOfWork
from payments.words import catalogue

_BANK: Final = "1100"


def rows(reading: Reading) -> Iterator[Row]:
    names = people(reading.tx)
    for day in reading.span:
        for account in maps.accounts(reading.tx):
            yield from _bank_rows(reading.tx, account, day, names)
        yield from gateway_rows(reading.tx, day)


def _bank_rows(
    tx: UnitOfWork, account: str, day: HospitalDay, names: Mapping[str, str]
) -> Iterator[Row]:
    told = compare(tx, inputs(tx, account, day))
    said = {one.name: one for one in findings(tx, account, day)}
    for start in range(0, len(told.pairs), PAGE):
        pairs = told.pairs[start : start + PAGE]
        booked = _booked(tx, [pair.ledger_line for pair in pairs if pair.ledger_line])
        credits = _credits(tx, pairs)
        stated = _stated(tx, told, pairs)
        for pair in pairs:
            here = booked.get(UUID(pair.ledger_line)) if pair.ledger_line else None
            credit = credits.get(UUID(pair.ref))
            line = stated.get(UUID(pair.bank_line)) if pair.bank_line else None
            yield _bank_row(told, pair, (here, credit, line), said.get(pair.name), names)


def _bank_row(
    told: Comparison,
    pair: Pair,
    found: tuple[Found[Any] | None, Found[Any] | None, Found[Any] | None],
    said: Finding | None,
    names: Mapping[str, str],
) -> Row:
    here, credit, line = found
    matcher = credit.matcher if credit is not None else None
    explained = said is not None and said.state == "explained"
    by = said.explained_by if said is not None and explained else matcher or ""
    bank = line if line is not None else credit
    return (
        told.inputs.day.date,
        "bank",
        told.inputs.account,
        "" if bank is None else bank.reference,
        "",
        "" if credit is None else credit.code,
        "" if here is None else here.invoice or "",
        None if here is None else here.effective_at,
        None if bank is None else bank.occurred_at,
        pair.ledger_amount,
        None,
        pair.bank_amount,
        None,
        None,
        pair.difference,
        _verdict(pair.verdict.value) + (f" – {said.reason}" if said and explained else ""),
        _rule(credit),
        names.get(by, by),
    )


def _rule(credit: Found[Any] | None) -> str:
    """Say by what a movement found its invoice: its code, a person, or nothing."""
    if credit is None:
        return ""
    rule = "person" if credit.matcher else "code" if credit.code else "reference"
    return catalogue.say(f"statement.rule.{rule}", LANGUAGE)


def _booked(tx: UnitOfWork, txns: Sequence[str]) -> dict[UUID, Found[Any]]:
    statement = (
        select(TXN.c.id, TXN.c.effective_at, INVOICE.c.number.label("invoice"))
        .outerjoin(PAYMENT, of_facility(PAYMENT, TXN, PAYMENT.c.txn_id == TXN.c.id))
        .outerjoin(INVOICE, of_facility(INVOICE, PAYMENT, INVOICE.c.id == PAYMENT.c.invoice_id))
        .where(TXN.c.facility_id == tx.facility)
    )
    return {row.id: row for row in asked(tx, statement, TXN.c.id, map(UUID, txns))}


def _credits(tx: UnitOfWork, pairs: Sequence[Pair]) -> dict[UUID, Found[Any]]:
    statement = (
        select(
            BANK_CREDIT.c.id,
            BANK_CREDIT.c.bank_reference.label("reference"),
            BANK_CREDIT.c.code,
            BANK_CREDIT.c.occurred_at,
            SUSPENSE_MATCH.c.made_by.label("matcher"),
        )
        .outerjoin(
            SUSPENSE_MATCH,
            of_facility(
                SUSPENSE_MATCH, BANK_CREDIT, SUSPENSE_MATCH.c.credit_id == BANK_CREDIT.c.id
            ),
        )
        .where(BANK_CREDIT.c.facility_id == tx.facility)
    )
    wanted = [UUID(pair.ref) for pair in pairs]
    return {row.id: row for row in asked(tx, statement, BANK_CREDIT.c.id, wanted)}


def _stated(tx: UnitOfWork, told: Comparison, pairs: Sequence[Pair]) -> dict[UUID, Found[Any]]:
    if told.inputs.source is not Source.STATEMENT:
        return {}
    statement = select(
        STATEMENT_LINE.c.id, STATEMENT_LINE.c.reference, STATEMENT_LINE.c.occurred_at
    ).where(STATEMENT_LINE.c.facility_id == tx.facility)
    wanted = [UUID(pair.bank_line) for pair in pairs if pair.bank_line]
    return {row.id: row for row in asked(tx, statement, STATEMENT_LINE.c.id, wanted)}


def _verdict(verdict: str) -> str:
    return catalogue.say(f"statement.verdict.{verdict}", LANGUAGE)


def _moved(reading: Reading) -> Money:
    return rolled_up(reading, (_BANK, GATEWAY))


RECONCILIATION: Final = Statement(
    "reconciliation",
    (
        Column("business_date", Kind.DAY),
        Column("channel", Kind.CODE),
        Column("account_no", Kind.IDENTIFIER),
        Column("bank_txn_id", Kind.IDENTIFIER),
        Column("gateway_txn_id", Kind.IDENTIFIER),
        Column("our_code", Kind.CODE),
        Column("invoice_no", Kind.CODE),
        Column("booked_at", Kind.TIME),
        Column("bank_at", Kind.TIME),
        Column("ledger_amount", Kind.AMOUNT, is_summed=True),
        Column("channel_amount", Kind.AMOUNT, is_summed=True),
        Column("bank_amount", Kind.AMOUNT, is_summed=True),
        Column("fee", Kind.AMOUNT, is_summed=True),
        Column("net", Kind.AMOUNT, is_summed=True),
        Column("difference", Kind.AMOUNT, is_summed=True),
        Column("state"),
        Column("rule"),
        Column("matched_by"),
    ),
    rows,
    Proof((("ledger_amount", 1),), _moved),
)
