"""
Writes dossiers for the insurer: XML1 to XML3 of covered visits, packed into one GIAMDINHHS file.

Every amount comes from the coverage engine and none is computed here, so bill, code and claim never
differ. All fields of the tables are written, in the order of the decisions, empty where there is
nothing to say; what would be refused when read is refused here, by its field. The list of dossiers
is spelled DANHSACHHOSO, the spelling of the decisions. ``signing`` puts the signature in.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from lxml import etree

from payments.claims.fields import Field, registry
from payments.claims.findings import plain
from payments.claims.tables import LINES_MAX, SHAPES
from payments.insurance.coverage import Coverage
from payments.insurance.coverage.model import Table
from payments.insurance.coverage.result import CoveredLine
from payments.kernel.errors import Rejected

_XML1: Final = "XML1"
_SOURCES: Final = ("NSNN", "VTNN", "VTTN", "CL")


class NotWritable(Rejected):
    """
    A dossier would be refused by whoever reads it.

    *table*, *stt* and *column* say where, *finding* is the name that a check would give it.
    """

    code = "claim-not-writable"


@dataclass(frozen=True, slots=True)
class Claim:
    """
    A visit as it is claimed.

    *summary* and *lines* hold the fields that are no money and follow from no bill, by their names
    (HO_TEN, MA_BENH_CHINH; TEN_THUOC, MA_BAC_SI). *lines* are those of the bill, in its order,
    which is that of a claim: XML2 before XML3. *cards* are the numbers of the bill's cards.
    """

    ma_lk: str
    coverage: Coverage
    cards: Sequence[str]
    summary: Mapping[str, str]
    lines: Sequence[Mapping[str, str]]


def envelope_of(facility: str, made_on: date, claims: Iterable[Claim]) -> bytes:
    """
    Write the file of *facility* (MA_CSKCB) for *claims*, in their order.

    Raises:
        NotWritable: a field is missing, too long, or of another form than its column; or a visit
            has not ended.
    """
    root = etree.Element("GIAMDINHHS")
    _add(etree.SubElement(root, "THONGTINDONVI"), "MACSKCB", facility)
    about = etree.SubElement(root, "THONGTINHOSO")
    _add(about, "NGAYLAP", f"{made_on:%Y%m%d}")
    count = etree.SubElement(about, "SOLUONGHOSO")
    listed = etree.SubElement(about, "DANHSACHHOSO")
    for place, claim in enumerate(claims, start=1):
        dossier = etree.SubElement(listed, "HOSO")
        for table, document in tables_of(claim, facility, place).items():
            file = etree.SubElement(dossier, "FILEHOSO")
            _add(file, "LOAIHOSO", table)
            _add(file, "NOIDUNGFILE", base64.b64encode(document).decode("ascii"))
    count.text = str(len(listed))
    etree.SubElement(root, "CHUKYDONVI")
    return _document(root)


def tables_of(claim: Claim, facility: str, place: int) -> dict[str, bytes]:
    """Write the tables of one visit, the *place*-th of its file; none that has no rows."""
    if claim.coverage.is_provisional:
        raise NotWritable(table=_XML1, stt="", column="NGAY_RA", finding="FIELD_MISSING")
    documents = {_XML1: _document(_row(_XML1, _summary(claim, facility, place)))}
    for table in Table:
        rows = [
            (line, texts)
            for line, texts in zip(claim.coverage.lines, claim.lines, strict=True)
            if line.line.table is table
        ]
        if len(rows) > LINES_MAX:
            raise NotWritable(
                table=table, stt=str(len(rows)), column="STT", finding="LIMIT_EXCEEDED"
            )
        if rows:
            root_name, list_name, _ = SHAPES[table]
            root = etree.Element(root_name)
            listed = etree.SubElement(root, list_name)
            for stt, (line, texts) in enumerate(rows, start=1):
                listed.append(_row(table, _line(claim, line, texts, stt)))
            documents[table] = _document(root)
    return documents


def _summary(claim: Claim, facility: str, place: int) -> dict[str, str]:
    visit, totals = claim.coverage.bill.visit, claim.coverage.totals
    left = visit.date_out
    return {
        "NAM_QT": f"{left:%Y}",
        "THANG_QT": f"{left:%m}",
        **claim.summary,
        "MA_LK": claim.ma_lk,
        "STT": str(place),
        "MA_THE_BHYT": ";".join(claim.cards),
        "GT_THE_TU": ";".join(f"{card.valid_from:%Y%m%d}" for card in visit.cards),
        "GT_THE_DEN": ";".join(f"{card.valid_to:%Y%m%d}" for card in visit.cards),
        "NGAY_MIEN_CCT": _exemption(visit.exempt_from),
        "NAM_NAM_LIEN_TUC": f"{visit.five_years_from:%Y%m%d}" if visit.five_years_from else "",
        "MA_DOITUONG_KCB": visit.category,
        "MA_LOAI_KCB": visit.visit_type,
        "NGAY_VAO": _minute(visit.date_in),
        "NGAY_RA": _minute(left),
        "MA_CSKCB": facility,
        "T_THUOC": plain(totals.drugs),
        "T_VTYT": plain(totals.supplies),
        "T_TONGCHI_BV": plain(totals.cost),
        "T_TONGCHI_BH": plain(totals.insured),
        "T_BNTT": plain(totals.own),
        "T_BNCCT": plain(totals.copayment),
        "T_BHTT": plain(totals.fund),
        "T_NGUONKHAC": plain(totals.others),
        "T_BHTT_GDV": plain(totals.fund_for_service),
    }


def _line(claim: Claim, covered: CoveredLine, texts: Mapping[str, str], stt: int) -> dict[str, str]:
    line = covered.line
    ordered_at = line.ordered_at or claim.coverage.bill.visit.date_in
    values = {
        "NGAY_TH_YL": _minute(ordered_at),
        **texts,
        "MA_LK": claim.ma_lk,
        "STT": str(stt),
        "MA_NHOM": str(line.group),
        "MA_DICH_VU": line.service or texts.get("MA_DICH_VU", ""),
        "PHAM_VI": line.scope.value,
        "SO_LUONG": plain(line.quantity),
        # Of a line that the fund has no part in, nothing is insured.
        "TYLE_TT_BH": "0" if covered.entitlement.uncovered else plain(line.insurance_rate),
        "MA_PTTT": line.method,
        "NGAY_YL": _minute(ordered_at),
        "THANH_TIEN_BV": plain(covered.cost),
        "THANH_TIEN_BH": plain(covered.insured),
        "MUC_HUONG": plain(covered.entitlement.percent),
        **_support(covered),
        "T_NGUONKHAC": plain(covered.others),
        "T_BNTT": plain(covered.own),
        "T_BNCCT": plain(covered.copayment),
        "T_BHTT": plain(covered.fund),
    }
    if line.table is Table.XML2:
        if line.package:
            # Packages are of supplies: a cap on a drug could not be told.
            raise NotWritable(
                table=line.table, stt=str(stt), column="GOI_VTYT", finding="CODE_UNKNOWN"
            )
        return values | {"DON_GIA": plain(line.price)}
    price = line.price if line.fund_price is None else line.fund_price
    return values | {
        "DON_GIA_BV": plain(line.price),
        # No insurer's price is above the hospital's: coverage section 4.
        "DON_GIA_BH": plain(min(price, line.price)),
        "TYLE_TT_DV": plain(line.service_rate),
        "GOI_VTYT": line.package,
    }


def _support(covered: CoveredLine) -> dict[str, str]:
    """
    Name who pays T_NGUONKHAC.

    A programme such as that for ARV pays what the split says and not what was typed: then the
    first payer that is named pays it, and the remaining ones (CL) where none is.
    """
    told = covered.line.sources
    given = dict(zip(_SOURCES, (told.nsnn, told.vtnn, told.vttn, told.cl), strict=True))
    named = [name for name in _SOURCES if given[name]] or [_SOURCES[-1]]
    rest, paid = covered.others, dict.fromkeys(_SOURCES, Decimal(0))
    for name in named[:0:-1]:
        paid[name] = min(given[name].quantize(Decimal("0.01")), rest)
        rest -= paid[name]
    paid[named[0]] = rest
    return {f"T_NGUONKHAC_{name}": plain(amount) for name, amount in paid.items()}


def _row(table: str, values: Mapping[str, str]) -> etree._Element:
    columns = registry()[table]
    stt = "" if table == _XML1 else values["STT"]
    for unknown in values.keys() - columns.keys():
        raise NotWritable(table=table, stt=stt, column=unknown, finding="CODE_UNKNOWN")
    root_name, _, row_name = SHAPES[table]
    row = etree.Element(row_name or root_name)
    for name, field in columns.items():
        value = values.get(name, "").strip()
        wrong = _wrong(field, value)
        if wrong is None:
            try:
                _add(row, name, value)
            except ValueError:
                # Of the control characters XML has only three.
                wrong = "XML_MALFORMED"
        if wrong is not None:
            raise NotWritable(table=table, stt=stt, column=name, finding=wrong)
    return row


def _wrong(field: Field, value: str) -> str | None:
    if not value:
        return "FIELD_MISSING" if field.is_needed else None
    return next(iter(field.wrong(value)), None)


def _exemption(moment: datetime | None) -> str:
    """NGAY_MIEN_CCT: a day where there is a certificate, a minute where there is none."""
    if moment is None:
        return ""
    return f"{moment:%Y%m%d}" if (moment.hour, moment.minute) == (0, 0) else _minute(moment)


def _minute(moment: datetime) -> str:
    return f"{moment:%Y%m%d%H%M}"


def _add(parent: etree._Element, name: str, value: str) -> None:
    etree.SubElement(parent, name).text = value or None


def _document(root: etree._Element) -> bytes:
    content: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    return content
