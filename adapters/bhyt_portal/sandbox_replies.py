"""What the portal's stand-in answers to look-ups, true or not."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

from adapters.bhyt_portal.sandbox_book import Book
from adapters.bhyt_portal.sandbox_people import (
    STAFF_ID,
    STAFF_NAME,
    Holder,
    found,
)
from payments.kernel.calendar import HospitalDay

_NEEDED: Final = ("maThe", "hoTen", "ngaySinh")
#: What the card of code 000 has paid this year, visit by visit: month, day, đồng.
_PAID: Final = ((2, 3, 1_200_000), (5, 17, 2_345_678), (9, 30, 454_322))
_RESTRICTED: Final = "Tài khoản đang bị hạn chế tra cứu"


def card(book: Book, asked: Mapping[str, str]) -> dict[str, Any]:
    """Answer the look-up of a card."""
    if not all(asked.get(name) for name in _NEEDED):
        return {"maKetQua": "205", "ghiChu": "Sai tham số"}
    if asked.get("cccdCb") != STAFF_ID:
        return {"maKetQua": "054", "ghiChu": "Chưa đăng ký CCCD cán bộ"}
    if asked.get("hoTenCb") != STAFF_NAME:
        return {"maKetQua": "055", "ghiChu": "Chưa đăng ký họ tên cán bộ"}
    if book.is_restricted():
        # The list of this call has no code for it; that of the co-payments has 500: our choice.
        return {"maKetQua": "500", "ghiChu": _RESTRICTED}
    holder = found(asked, _year(book))
    if isinstance(holder, str):
        return {"maKetQua": holder, "ghiChu": "", "maThe": asked["maThe"]}
    return _told(_lied(holder, book.knobs.lie))


def copayment(book: Book, asked: Mapping[str, str]) -> dict[str, Any]:
    """Answer the look-up of co-payments."""
    if not all(asked.get(name) for name in (*_NEEDED, "username")):
        return {"MaKetQua": "400", "GhiChu": "Sai tham số"}
    if book.is_restricted():
        return {"MaKetQua": "500", "GhiChu": _RESTRICTED}
    holder = found(asked, _year(book))
    if isinstance(holder, str) or holder.code != "000" or holder.card[-10:].startswith("99"):
        return {"MaKetQua": "204", "GhiChu": "Không có dữ liệu", "DataCCT": None}
    return {
        "MaKetQua": "200",
        "GhiChu": f"Dữ liệu tính đến {_day(HospitalDay.of(book.clock.now()).date)}",
        "DataCCT": _rows(holder, _year(book), lies=book.knobs.lie == "sums"),
        "ThongTinSoThe": {"hoTen": holder.name, "ngaySinh": holder.birth},
    }


def knobs(book: Book) -> dict[str, Any]:
    return dataclasses.asdict(book.knobs)


def _rows(holder: Holder, year: int, *, lies: bool) -> list[dict[str, Any]]:
    rows, so_far = [], 0
    for number, (month, day, paid) in enumerate(_PAID, 1):
        so_far += paid
        rows.append(
            {
                "Id": number,
                "maThe": holder.card,
                "maCskcb": "99002",
                "ngayVao": f"{day:02d}/{month:02d}/{year}",
                "ngayRa": f"{day:02d}/{month:02d}/{year}",
                "maDoiTuongKCB": "1.1",
                "tBNCCTMCCT": paid,
                "tBNCCTLuyKe": so_far * 10 if lies else so_far,
                "ngayNhanCong": f"{day:02d}/{month:02d}/{year}",
            }
        )
    return rows


def _lied(holder: Holder, lie: str) -> Holder:
    match lie:
        case "other_card":
            return replace(holder, card=f"{holder.card[:-1]}{(int(holder.card[-1]) + 1) % 10}")
        case "other_person":
            return replace(holder, name="LÊ THỊ NGHIỆM", birth="02/02/1999")
        case "dates":
            return replace(holder, valid_from=holder.valid_to, valid_to=holder.valid_from)
        case _:
            return holder


def _told(holder: Holder) -> dict[str, Any]:
    year = holder.valid_to.year
    new = {
        "maTheMoi": holder.new_card,
        "gtTheTuMoi": f"01/12/{year}",
        "gtTheDenMoi": f"30/11/{year + 1}",
        "maDKBDMoi": holder.facility,
        "tenDKBDMoi": "BV Đa khoa Thử nghiệm",
    }
    return {
        "maKetQua": holder.code,
        "ghiChu": "",
        "maThe": holder.card,
        "hoTen": holder.name,
        "ngaySinh": holder.birth,
        "gioiTinh": "Nam",
        "diaChi": "Phường Thử, tỉnh 99",
        "maDKBD": holder.facility,
        "cqBHXH": "BHXH tỉnh 99",
        "gtTheTu": _day(holder.valid_from),
        "gtTheDen": _day(holder.valid_to),
        "maKV": holder.area,
        "ngayDu5Nam": _day(holder.five_years_from),
        "maSoBHXH": holder.card[-10:],
        "maTheCu": "",
        **(new if holder.new_card else dict.fromkeys(new)),
        "dsLichSuKCB2018": [],
        "dsLichSuKT2018": [],
    }


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _year(book: Book) -> int:
    return HospitalDay.of(book.clock.now()).date.year
