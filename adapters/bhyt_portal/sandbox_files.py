"""How the portal's stand-in looks at a file: size, form, whose it is. It judges no money."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Final

from lxml import etree

from adapters.bhyt_portal.sandbox_book import FACILITY, Book
from payments.kernel.calendar import HOSPITAL_ZONE

OK: Final = "200"
WORDS: Final = {
    OK: "Tiếp nhận thành công",
    "201": "XML sai định dạng",
    "202": "Nội dung hồ sơ không hợp lệ",
    "204": "Không có dữ liệu hồ sơ",
    "205": "Sai tham số",
    "401": "Chưa xác thực",
    "403": "Tài khoản không được gửi hồ sơ của cơ sở này",
    "500": "Lỗi hệ thống",
    "1001": "Kích thước tệp vượt quá giới hạn",
}
_CHECK_IN, _DOSSIER = "0", "130"
_ROOTS: Final = {_CHECK_IN: "CHI_TIEU_TRANG_THAI_KCB", _DOSSIER: "GIAMDINHHS"}


def judged(form: Mapping[str, str], kind: str, book: Book) -> tuple[str, int]:
    """Give the code of a file that was sent, and its size in bytes."""
    facility = form.get("maCSKCB", "")
    if form.get("loaiHoSo") != kind or form.get("maTinh") != facility[:2] or len(facility) != 5:
        return "205", 0
    if facility != FACILITY:
        return "403", 0
    try:
        content = base64.b64decode(form.get("fileHSBase64", ""), validate=True)
    except binascii.Error:
        return "205", 0
    if not content:
        return "204", 0
    hour = book.clock.now().astimezone(HOSPITAL_ZONE).hour
    if len(content) > book.file_max_bytes(hour):
        return "1001", len(content)
    return _content(content, kind), len(content)


def _content(content: bytes, kind: str) -> str:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        return "201"
    # A check-in may come as its table or in the envelope.
    if root.tag not in (_ROOTS[kind], _ROOTS[_DOSSIER]):
        return "201"
    if root.tag == _ROOTS[_CHECK_IN]:
        return OK
    counted = len(root.findall(".//HOSO"))
    if root.findtext(".//MACSKCB") != FACILITY:
        return "202"
    return OK if root.findtext(".//SOLUONGHOSO") == str(counted) and counted else "202"
