"""The saved column maps of assessments; one comes with the program."""

from __future__ import annotations

import json

from sqlalchemy import select, update

from payments import audit
from payments.kernel.errors import NotFound
from payments.settlement.reading import BUILT_IN, ColumnMap, checked, to_json
from payments.settlement.rows import ASSESSMENT_MAP
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork


class NoAssessmentMap(NotFound):
    """No column map of that name is saved."""

    code = "no-assessment-map"


def save(tx: UnitOfWork, columns: ColumnMap) -> ColumnMap:
    """
    Save a map under its name, in place of the one before; gives it as it is kept.

    Raises:
        InvalidField: names what is missing in the map.
    """
    clean = checked(columns)
    values = {"columns": to_json(clean), "saved_at": tx.now(), "saved_by": tx.scope.actor}
    if not insert_new(tx, ASSESSMENT_MAP, {"name": clean.name, **values}):
        tx.execute(
            update(ASSESSMENT_MAP)
            .where(ASSESSMENT_MAP.c.facility_id == tx.facility, ASSESSMENT_MAP.c.name == clean.name)
            .values(**values)
        )
    audit.append(tx, "assessment.map_saved", f"assessment_map:{clean.name}")
    return clean


def names(tx: UnitOfWork) -> tuple[str, ...]:
    """List the maps that can be used, ours first."""
    saved = tx.execute(
        select(ASSESSMENT_MAP.c.name)
        .where(ASSESSMENT_MAP.c.facility_id == tx.facility)
        .order_by(ASSESSMENT_MAP.c.name)
    ).scalars()
    return (BUILT_IN.name, *(name for name in saved if name != BUILT_IN.name))


def of_name(tx: UnitOfWork, name: str) -> ColumnMap:
    """
    Read a map; a saved one goes before that of the program.

    Raises:
        NoAssessmentMap: there is none of that name.
    """
    saved = tx.execute(
        select(ASSESSMENT_MAP.c.columns).where(
            ASSESSMENT_MAP.c.facility_id == tx.facility, ASSESSMENT_MAP.c.name == name
        )
    ).scalar()
    if saved is not None:
        return ColumnMap(name, json.loads(saved))
    if name == BUILT_IN.name:
        return BUILT_IN
    raise NoAssessmentMap()
