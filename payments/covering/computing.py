"""Computes the next split of a held visit from what is stored about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from payments.covering import repository, versions
from payments.covering.model import (
    InsuredLine,
    InsuredVisit,
    NoCardYet,
    VisitFacts,
    bill_of,
    fingerprint,
)
from payments.covering.splits import Split, split_of
from payments.insurance.coverage import Coverage, Rules, cover
from payments.keys import Keys
from payments.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Computed:
    """A split with what it was made from; *is_new* where it differs from the stored one."""

    visit: InsuredVisit
    facts: VisitFacts
    lines: tuple[InsuredLine, ...]
    coverage: Coverage
    split: Split
    inputs: bytes
    #: The stored split before it; None where this is the first.
    before: Split | None
    is_new: bool


def compute(
    tx: UnitOfWork, keys: Keys, encounter: UUID, *, until: datetime, is_closed: bool
) -> Computed:
    """
    Cover a visit anew by the rules of its days; nothing is stored.

    Raises:
        NoInsuredVisit: it is none.
        NoCardYet: nobody has given card, category and visit type.
        CodeUnknown, CategoryVisitTypeMismatch, OtherSourceNotBelowCost: as the engine says.
    """
    visit = repository.visit(tx, encounter)
    given = repository.facts(tx, keys, encounter)
    if given is None:
        raise NoCardYet()
    fact_version, facts = given
    lines = repository.lines(tx, encounter)
    rules = Rules.shipped()
    bill = bill_of(visit, facts, lines, until=until, is_closed=is_closed)
    inputs = fingerprint(bill, rules.version)
    known = versions.newest(tx, encounter)
    before = known[0] if known else None
    number = 1 if before is None else before.version + 1
    coverage = cover(bill, rules, version=number)
    split = split_of(
        coverage, rules, fact_version=fact_version, made_at=tx.now(), made_by=tx.scope.actor
    )
    is_new = known is None or known[1] != inputs
    return Computed(visit, facts, lines, coverage, split, inputs, before, is_new)


def keep(tx: UnitOfWork, computed: Computed) -> Split:
    """Store a new version; give the stored one where nothing that counts has changed."""
    if not computed.is_new:
        assert computed.before is not None, "what is not new is stored"
        return computed.before
    versions.add(tx, computed.visit.encounter, computed.split, computed.inputs)
    return computed.split
