"""Opens a GIAMDINHHS envelope: whose it is, and the packed tables of each visit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lxml import etree

from payments.claims.documents import ENVELOPE_MAX_BYTES
from payments.claims.findings import Finding
from payments.foreign_xml import Unreadable, root_of

_WHERE: Final = "envelope"
#: One public program spells it without H: read, never written.
_LISTS: Final = ("DANHSACHHOSO", "DANSACHHOSO")
_KINDS: Final = frozenset(f"XML{number}" for number in range(16))


@dataclass(frozen=True, slots=True)
class Dossier:
    """The packed tables of one visit: LOAIHOSO → NOIDUNGFILE, base64 still."""

    place: int
    tables: dict[str, str]


@dataclass(frozen=True, slots=True)
class Envelope:
    facility: str
    made_on: str
    dossiers: tuple[Dossier, ...]


def open_envelope(content: bytes) -> tuple[Envelope | None, list[Finding]]:
    """Open *content*; None where it cannot be opened at all."""
    try:
        root = root_of(content, most=ENVELOPE_MAX_BYTES)
    except Unreadable as refusal:
        return None, [Finding(refusal.code, _WHERE)]
    if root.tag != "GIAMDINHHS":
        return None, [Finding("XML_MALFORMED", _WHERE, field="GIAMDINHHS", found=str(root.tag))]
    lists = [one for name in _LISTS for one in root.findall(f"THONGTINHOSO/{name}")]
    # Dossiers of a second list would be claimed and never seen here.
    if len(lists) != 1:
        found = str(len(lists))
        return None, [Finding("XML_MALFORMED", _WHERE, field="DANHSACHHOSO", found=found)]
    [listed] = lists
    findings: list[Finding] = []
    dossiers = tuple(
        Dossier(place, dict(_tables(hoso, findings)))
        for place, hoso in enumerate(listed.findall("HOSO"), start=1)
    )
    declared = _text(root.find("THONGTINHOSO/SOLUONGHOSO"))
    # A count that is no number differs from every number.
    if declared != str(len(dossiers)) and _count(declared) != len(dossiers):
        findings.append(
            Finding(
                "ENVELOPE_COUNT",
                _WHERE,
                field="SOLUONGHOSO",
                declared=declared[:20],
                found=str(len(dossiers)),
            )
        )
    facility = _text(root.find("THONGTINDONVI/MACSKCB"))
    if not facility:
        findings.append(Finding("FIELD_MISSING", _WHERE, field="MACSKCB"))
    return Envelope(facility, _text(root.find("THONGTINHOSO/NGAYLAP")), dossiers), findings


def _tables(hoso: etree._Element, findings: list[Finding]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for file in hoso.findall("FILEHOSO"):
        kind = _text(file.find("LOAIHOSO"))
        if kind not in _KINDS:
            findings.append(Finding("CODE_UNKNOWN", _WHERE, field="LOAIHOSO", declared=kind[:20]))
        elif kind in seen:
            findings.append(Finding("XML_MALFORMED", kind, field="LOAIHOSO", declared=kind))
        else:
            seen.add(kind)
            yield kind, _text(file.find("NOIDUNGFILE"))


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _text(element: etree._Element | None) -> str:
    return "" if element is None else (element.text or "").strip()
