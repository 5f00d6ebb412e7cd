"""
Form 09/BH: what changed between two versions of a dossier, field by field, with the reason.

Circular 12/2026/TT-BTC lets a hospital adjust details within three working days of the automatic
assessment. The file names a row by table and STT (SOBANG_XML, STT_XML) and, where the portal has
told them, by the portal's own ids. It changes and cancels rows; a row that was never claimed cannot
be added by it and needs the dossier to be sent again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date
from decimal import Decimal
from typing import Final

from lxml import etree

from payments.claims.fields import registry
from payments.claims.tables import Record
from payments.kernel.errors import Rejected

#: TRANGTHAI of the form: doubt D5 of the claims, this reading is of the portal's document.
_ADJUSTED: Final = "1"
_CANCELLED: Final = "2"
#: Of each row: the key that says which row it is, and cannot be changed.
_KEYS: Final = ("MA_LK", "STT")
_LETTERS_MAX: Final = 1000


class NothingToAdjust(Rejected):
    """Both versions say the same: the portal would answer 204."""

    code = "nothing-to-adjust"


class NotAdjustable(Rejected):
    """The form cannot say it: another visit, or a row that the first version did not have."""

    code = "not-adjustable"


class NoReason(Rejected):
    """An adjustment says why, in at most a thousand letters."""

    code = "adjusting-needs-reason"


@dataclass(frozen=True, slots=True)
class Version:
    """A dossier as it was sent: its XML1, and the rows of XML2 and XML3."""

    summary: Record
    rows: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A *field* of a row that is another now; an empty *field*: the row is cancelled."""

    row: Record
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PortalIds:
    """What the portal calls the visit, and its rows by table and STT; empty until it has told."""

    summary: str = ""
    rows: Mapping[tuple[str, str], str] = dataclass_field(default_factory=dict)


def changes(before: Version, after: Version) -> tuple[Change, ...]:
    """
    List what differs, XML1 first, then the rows in their order; ``80`` and ``80.00`` are the same.

    Raises:
        NotAdjustable: the versions are of two visits, or *after* has a row that is new.
        NothingToAdjust: nothing differs.
    """
    visit = before.summary["MA_LK"]
    if after.summary["MA_LK"] != visit:
        raise NotAdjustable(what=after.summary["MA_LK"][:100])
    now = {_name(row): row for row in after.rows}
    for name in now.keys() - {_name(row) for row in before.rows}:
        raise NotAdjustable(what=f"{name[0]}/{name[1]}")
    found = list(_differing(before.summary, after.summary))
    for row in before.rows:
        left = now.get(_name(row))
        found += [Change(row, "", "", "")] if left is None else _differing(row, left)
    if not found:
        raise NothingToAdjust(what=visit)
    return tuple(found)


def form_09(
    facility: str,
    made_on: date,
    before: Version,
    found: Sequence[Change],
    reason: str,
    ids: PortalIds | None = None,
) -> bytes:
    """
    Write HOSO_DIEUCHINH_GD for the changes *found* against *before*; it is not signed.

    Raises:
        NoReason: *reason* is empty or too long.
    """
    reason, ids = " ".join(reason.split()), ids or PortalIds()
    if not reason or len(reason) > _LETTERS_MAX:
        raise NoReason(most=_LETTERS_MAX)
    root = etree.Element("HOSO_DIEUCHINH_GD")
    dossier = etree.SubElement(root, "TT_HOSO", Id="TT_HOSO")
    _fill(dossier, "TT_MAU", MAU_SO="09/BH", MA_CSKCB=facility, NGAYTHANGNAM=f"{made_on:%Y%m%d}")
    summary = before.summary
    _fill(
        dossier,
        "TT_XML1",
        MA_LK=summary["MA_LK"],
        NGAY_VAO=summary["NGAY_VAO"],
        NGAY_RA=summary["NGAY_RA"],
        KY_QT=f"{summary['NAM_QT']}{summary['THANG_QT']:0>2}",
        TRANGTHAI=_ADJUSTED,
        ID_XML1=ids.summary,
    )
    told = etree.SubElement(dossier, "TT_DIEUCHINH")
    of_visit = etree.SubElement(told, "DS_XML1_DIEUCHINH")
    of_rows = etree.SubElement(told, "DSCP_DIEUCHINH")
    for change in found:
        if change.row.table == "XML1":
            head = {"STT": str(len(of_visit) + 1)}
            _fill(of_visit, "TT_XML1_DC", **head, **_said(change), LYDO_DIEUCHINH=reason)
            continue
        head = {
            "STT": str(len(of_rows) + 1),
            "SOBANG_XML": change.row.table.removeprefix("XML"),
            "ID_CP": ids.rows.get(_name(change.row), ""),
            "STT_XML": change.row["STT"],
            "NGAY_YL": change.row["NGAY_YL"],
            "TRANGTHAI": _ADJUSTED if change.field else _CANCELLED,
        }
        _fill(of_rows, "CHIPHI", **head, **_said(change), LYDO_DIEUCHINH=reason)
    content: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    return content


def _differing(before: Record, after: Record) -> Iterator[Change]:
    for name, field in registry()[before.table].items():
        old, new = before[name], after[name]
        if name in _KEYS or old == new:
            continue
        is_amount = field.form == "number" and old and new
        if not is_amount or Decimal(old) != Decimal(new):
            yield Change(before, name, old, new)


def _name(row: Record) -> tuple[str, str]:
    return row.table, row["STT"]


def _said(change: Change) -> dict[str, str]:
    return {
        "TRUONG_TT_GOC": change.field,
        "TT_GOC": change.before,
        "TRUONG_TT_DIEUCHINH": change.field,
        "TT_DIEUCHINH": change.after,
    }


def _fill(parent: etree._Element, tag: str, **values: str) -> None:
    element = etree.SubElement(parent, tag)
    for name, value in values.items():
        etree.SubElement(element, name).text = value or None
