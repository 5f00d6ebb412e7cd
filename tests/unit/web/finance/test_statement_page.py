"""The preview of a statement: nothing is saved by looking, and the shown file is the one taken."""

from __future__ import annotations

import base64
import io
import re
import zlib
from html import unescape

import pytest
from werkzeug.test import TestResponse

from payments.kernel.money import vnd
from payments.reconciliation import maps
from tests.support.hospital import PAYEE, Hospital
from tests.support.statements import Moved, a_statement
from tests.support.web import Browser

PAGE = "/finance/day/2026-11-24"
_CARRIED = re.compile(r'name="carried" value="([^"]+)"')


def preview(browser: Browser, content: bytes) -> TestResponse:
    browser.get(PAGE)
    form = {"account": PAYEE.account, "do": "preview", "file": (io.BytesIO(content), "sao-ke.csv")}
    return browser.post(f"{PAGE}/statement", form, content_type="multipart/form-data")


def again(browser: Browser, carried: str, do: str, **fields: str) -> TestResponse:
    form = {"account": PAYEE.account, "carried": carried, "do": do, **fields}
    return browser.post(f"{PAGE}/statement", form)


def text_of(answer: TestResponse) -> str:
    return unescape(answer.get_data(as_text=True))


def carried_of(answer: TestResponse) -> str:
    found = _CARRIED.search(text_of(answer))
    assert found is not None
    return found[1]


def test_looking_saves_nothing_and_taking_takes_what_was_shown(
    accountant: Browser, hospital: Hospital
) -> None:
    shown = preview(accountant, a_statement(Moved(5_000, "FT1", "CK"), Moved(6_000, "FT2", "CK")))

    assert shown.status_code == 200
    assert "Đọc được cả 2 dòng; chưa có gì được lưu" in text_of(shown)
    assert "Khớp số dư" in text_of(shown)
    assert hospital.balance("1100") == vnd(0)

    taken = again(accountant, carried_of(shown), "take")

    assert taken.status_code == 303
    assert hospital.balance("1100") == vnd(11_000)


def test_lines_that_were_imported_before_are_counted(accountant: Browser) -> None:
    first = a_statement(Moved(5_000, "FT1"), Moved(5_000, "FT1"))
    again(accountant, carried_of(preview(accountant, first)), "take")

    more = a_statement(Moved(5_000, "FT1"), Moved(5_000, "FT1"), Moved(7_000, "FT2"))

    assert "2 dòng đã nhập trước: không thêm gì." in text_of(preview(accountant, more))


def test_a_bad_cell_is_marked_with_what_to_do_and_there_is_no_button(accountant: Browser) -> None:
    content = a_statement(Moved(5_000), Moved(6_000)).replace(b",6000,", b",6.5,")

    shown = text_of(preview(accountant, content))

    assert re.search(r'chip--bad">.*?6\.5</span><small>[^<]*không đọc được số tiền', shown)
    assert 'value="take"' not in shown


def test_the_names_of_columns_are_saved_from_the_page_and_read_the_file(
    accountant: Browser, hospital: Hospital
) -> None:
    content = a_statement(Moved(5_000, "FT1")).replace("Nội dung".encode(), "Diễn giải".encode())
    shown = preview(accountant, content)
    assert "Không thấy dòng tên cột" in text_of(shown)
    guess = dict(re.findall(r'name="map_(\w+)" value="([^"]*)"', text_of(shown)))
    assert guess["memo"] == "Diễn giải"

    saved = again(
        accountant,
        carried_of(shown),
        "map",
        **{f"map_{name}": title for name, title in (guess | {"name": "Ngân hàng mẫu"}).items()},
    )

    assert "Đọc được cả 1 dòng" in text_of(saved)
    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert maps.of_account(tx, PAYEE.account).memo == "Diễn giải"


def test_a_map_that_contradicts_itself_is_refused_and_not_saved(
    accountant: Browser, hospital: Hospital
) -> None:
    shown = preview(accountant, a_statement(Moved(5_000)))

    answer = again(accountant, carried_of(shown), "map", map_name="x", map_date="A", map_memo="B")

    assert answer.status_code == 422
    assert "Chọn hai cột ghi nợ và ghi có" in text_of(answer)
    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert maps.of_account(tx, PAYEE.account).name == "thu-nghiem"


def test_a_file_of_another_period_is_told_and_may_still_be_taken(accountant: Browser) -> None:
    shown = preview(accountant, a_statement(Moved(5_000, at="20/11/2026"), day="20/11/2026"))

    assert "không có ngày 24/11/2026" in text_of(shown)
    assert 'value="take"' in text_of(shown)


@pytest.mark.parametrize(
    "carried",
    ["x", "AAAA", base64.b64encode(zlib.compress(b"a")[:-3]).decode(),
     base64.b64encode(zlib.compress(bytes(30 * 1024 * 1024))).decode()],
    ids=["no letters", "no archive", "cut", "swells"],
)  # fmt: skip
def test_a_carried_file_that_was_changed_is_refused(carried: str, accountant: Browser) -> None:
    accountant.get(PAGE)

    answer = again(accountant, carried, "take")

    assert answer.status_code == 422
    assert "chọn lại tệp" in text_of(answer)
