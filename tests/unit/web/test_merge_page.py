"""Two records side by side: nothing is chosen beforehand, and only the head cashier merges."""

from __future__ import annotations

from uuid import UUID

import pytest
from flask import Flask

from payments.identity.permissions import Role
from payments.patients.model import Facts
from payments.patients.scanning import Birth
from payments.patients.service import admit
from tests.support.hospital import Hospital
from tests.support.web import Browser, add_user

NAME = "LÊ THỊ THỬ NGHIỆM"


@pytest.fixture
def two(hospital: Hospital) -> tuple[UUID, UUID]:
    made = [
        admit(hospital.runtime, hospital.scope, number, Facts(NAME, birth))
        for number, birth in (("99-1", Birth(1971, 2, 1)), ("99-2", Birth(1972)))
    ]
    return made[0], made[1]


def page(browser: Browser, path: str) -> str:
    text: str = browser.get(path).get_data(as_text=True)
    return text


def test_both_stand_side_by_side_and_a_person_chooses(
    desk: Browser, two: tuple[UUID, UUID]
) -> None:
    address = f"/desk/patients/{two[0]}/merge"
    shown = page(desk, f"{address}?other=99-2")
    assert shown.count(NAME) == 2
    assert ">khác<" in shown
    assert " checked" not in shown

    told = {"other": "99-2", "counts": str(two[1]), "reason": "typed_twice"}
    answer = desk.post(address, told)

    assert answer.headers["Location"] == f"/desk/patients/{two[1]}?history=1"
    assert "cũng là 99-1" in page(desk, answer.headers["Location"])


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"counts": ""}, 422, "Chọn hồ sơ được dùng từ nay"),
        ({"counts": "01a20c1e-90b3-723b-b3b1-ff3eb156c8e4"}, 422, "Chọn hồ sơ được dùng"),
        ({"reason": "tự nghĩ ra"}, 422, "Chọn một lý do"),
        ({"other": ""}, 422, "Gõ mã của hồ sơ thứ hai"),
        ({"other": "99-1"}, 422, "Gõ mã của hồ sơ thứ hai"),
        ({"other": "KHONG"}, 422, "Gõ mã của hồ sơ thứ hai"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_merged(
    desk: Browser, two: tuple[UUID, UUID], changes: dict[str, str], status: int, said: str
) -> None:
    address = f"/desk/patients/{two[0]}/merge"
    desk.get(address)
    told = {"other": "99-2", "counts": str(two[1]), "reason": "typed_twice"} | changes

    answer = desk.post(address, told)

    assert answer.status_code == status
    assert said in answer.get_data(as_text=True)
    assert "cũng là" not in page(desk, f"/desk/patients/{two[1]}?history=1")


@pytest.mark.parametrize(("number", "said"), [("99-1", "cùng một hồ sơ"), ("X", "Không có")])
def test_a_number_that_is_no_second_record_says_so(
    desk: Browser, two: tuple[UUID, UUID], number: str, said: str
) -> None:
    answer = desk.get(f"/desk/patients/{two[0]}/merge?other={number}")

    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)


def test_a_cashier_sees_no_way_to_merge(
    app: Flask, hospital: Hospital, two: tuple[UUID, UUID]
) -> None:
    cashier = Browser(app.test_client())
    cashier.sign_in(add_user(hospital.runtime, hospital.scope, Role.CASHIER))

    assert "/merge" not in page(cashier, f"/desk/patients/{two[0]}?history=1")
    assert cashier.get(f"/desk/patients/{two[0]}/merge").status_code == 403
