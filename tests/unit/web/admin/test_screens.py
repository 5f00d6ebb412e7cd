"""The administration's pages do what they show, and say in words what they refuse."""

from __future__ import annotations

import io
import re

import pytest
from flask import Flask

from payments import jobs
from payments.channels import service as channels
from payments.identity import queries
from payments.identity.permissions import Role
from tests.support.hospital import Hospital
from tests.support.price_lists import as_csv, as_xlsx
from tests.support.web import Browser, add_user


@pytest.fixture
def boss(app: Flask, hospital: Hospital) -> Browser:
    browser = Browser(app.test_client())
    browser.sign_in(add_user(hospital.runtime, hospital.scope, Role.IT_ADMIN))
    return browser


@pytest.fixture
def chief(app: Flask, hospital: Hospital) -> Browser:
    browser = Browser(app.test_client())
    browser.sign_in(add_user(hospital.runtime, hospital.scope, Role.CHIEF_ACCOUNTANT))
    return browser


def user_id(hospital: Hospital, login: str) -> str:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return next(str(one.id) for one in queries.users(tx) if one.login == login)


def file(content: bytes, name: str = "tep.csv") -> dict[str, object]:
    return {"file": (io.BytesIO(content), name)}


def test_user_is_added_with_a_password_that_is_shown_once(boss: Browser) -> None:
    boss.get("/admin/users")
    told = {"login": "moi.vao", "name": "Lê Thị Thử", "role": "cashier", "person": "NV9"}

    made = boss.post("/admin/users", told).get_data(as_text=True)

    assert re.search(r"<b class=\"secret\">[a-z2-9]{4}(-[a-z2-9]{4}){3}</b>", made)
    page = boss.get("/admin/users").get_data(as_text=True)
    assert "moi.vao" in page
    assert 'class="secret"' not in page


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"login": "X"}, 422, "Tên đăng nhập gồm 2 đến 32"),
        ({"name": ""}, 422, "Nhập tên, nhiều nhất"),
        ({"role": "king"}, 422, "Chọn một vai trò"),
        ({"login": "it.admin.thu"}, 409, "Chưa lưu"),
        ({"role": "accountant", "person": "NV1"}, 409, "không giữ cả hai vai trò"),
    ],
)
def test_refused_user_leaves_what_was_typed(
    boss: Browser, hospital: Hospital, changes: dict[str, str], status: int, said: str
) -> None:
    boss.get("/admin/users")
    maker = {"login": "nguoi.lam", "name": "Ngô Thị Thử", "role": "cashier", "person": "NV1"}
    assert boss.post("/admin/users", maker).status_code == 200
    boss.get("/admin/users")
    told = {"login": "moi.vao", "name": "Lê Thị Mẫu", "role": "cashier", "person": "NV9"}

    answer = boss.post("/admin/users", told | changes)

    page = answer.get_data(as_text=True)
    assert answer.status_code == status
    assert said in page
    assert (told | changes)["login"] in page


def test_forced_sign_out_counts_at_the_next_click(
    app: Flask, boss: Browser, hospital: Hospital
) -> None:
    desk = Browser(app.test_client())
    desk.sign_in(add_user(hospital.runtime, hospital.scope, Role.CASHIER))
    assert desk.get("/desk").status_code == 200
    theirs = user_id(hospital, "cashier.thu")
    boss.get(f"/admin/users/{theirs}")

    boss.post(f"/admin/users/{theirs}/sign-out")

    assert desk.get("/desk").headers["Location"].startswith("/sign-in")


@pytest.mark.parametrize("deed", ["disable", "factor", "password", "role"])
def test_nobody_does_it_to_the_own_account(boss: Browser, hospital: Hospital, deed: str) -> None:
    own = user_id(hospital, "it.admin.thu")
    boss.get(f"/admin/users/{own}")

    answer = boss.post(f"/admin/users/{own}/{deed}", {"role": "auditor"})

    assert answer.status_code == 409
    assert "chính mình" in answer.get_data(as_text=True)
    assert boss.get("/admin/users").status_code == 200


def test_users_come_from_a_file_all_or_none(boss: Browser, hospital: Hospital) -> None:
    titles = ("Tên đăng nhập", "Họ và tên", "Vai trò", "Mã nhân viên")
    good = ("moi.mot", "Lê Thị Thử", "Thu ngân", "NV1")
    bad = as_csv(
        good, ("=x", "A", "cashier", ""), ("moi.hai", "B", "vua", ""),
        ("moi.ba", "C", "accountant", "NV1"), titles=titles,
    )  # fmt: skip
    boss.get("/admin/users/import")
    refused = boss.post("/admin/users/import", file(bad))
    page = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert page.count('<td class="num">') == 3
    assert "NV1 đã giữ cashier" in page

    shown = boss.post("/admin/users/import", file(as_csv(good, titles=titles)))
    sealed = re.search(r'name="rows" value="([^"]+)"', shown.get_data(as_text=True))
    assert sealed
    assert "moi.mot" not in boss.get("/admin/users").get_data(as_text=True)
    boss.get("/admin/users/import")
    done = boss.post("/admin/users/import/apply", {"rows": sealed[1]}).get_data(as_text=True)

    assert "moi.mot" in done
    again = boss.post("/admin/users/import/apply", {"rows": sealed[1]})
    assert again.status_code == 409
    boss.get("/admin/users/import")
    altered = boss.post("/admin/users/import/apply", {"rows": "AAAA" + sealed[1][4:]})
    assert altered.status_code == 422


def test_price_list_is_shown_then_applied(chief: Browser) -> None:
    content = as_xlsx(
        ("KB01", "Khám theo yêu cầu", "KB", 165000), ("KB77", "Khám tại nhà", "KB", "1.250.000")
    )
    chief.get("/admin/prices")
    shown = chief.post("/admin/prices/lists", {"since": "2026-11-24", **file(content, "g.xlsx")})
    page = chief.get(shown.headers["Location"]).get_data(as_text=True)
    assert "165.000" in page
    assert "165.000" not in chief.get("/admin/prices").get_data(as_text=True)
    seen = re.search(r'name="seen" value="([^"]+)"', page)
    assert seen
    chief.get(shown.headers["Location"])

    done = chief.post(shown.headers["Location"] + "/apply", {"seen": seen[1]})

    assert "Đã ghi bảng giá" in done.get_data(as_text=True)
    assert "165.000" in chief.get("/admin/prices").get_data(as_text=True)
    history = chief.get("/admin/prices/history?code=KB01").get_data(as_text=True)
    assert "150.000" in history
    assert "Đang áp dụng" in history


def test_wrong_price_list_names_lines_columns_and_what_to_do(chief: Browser) -> None:
    content = as_csv(("KB01", "Khám", "ZZ", "12.5"), ("=1", "Khám", "KB", "1"))
    chief.get("/admin/prices")

    answer = chief.post("/admin/prices/lists", {"since": "2026-12-01", **file(content)})

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "3 chỗ phải sửa" in page
    for said in ("Không có khoa ZZ", "viết 1250000 hoặc 1.250.000", "ghi thẳng giá trị"):
        assert said in page


@pytest.mark.parametrize(
    ("since", "said"), [("2026-11-23", "đã qua"), ("hôm nay", "Ngày viết theo dạng")]
)
def test_list_begins_today_or_later(chief: Browser, since: str, said: str) -> None:
    chief.get("/admin/prices")

    answer = chief.post("/admin/prices/lists", {"since": since, **file(as_csv())})

    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)


def test_exported_list_comes_back_unchanged(chief: Browser) -> None:
    content = chief.get("/admin/prices.csv").get_data()
    chief.get("/admin/prices")

    shown = chief.post("/admin/prices/lists", {"since": "2026-12-01", **file(content)})

    assert "Không có gì thay đổi" in chief.get(shown.headers["Location"]).get_data(as_text=True)


def test_department_begins_and_ends_on_its_days(chief: Browser) -> None:
    chief.get("/admin/prices")
    chief.post("/admin/departments", {"code": "ntr", "name": "Phòng 30", "since": "24/11/2026"})
    chief.post("/admin/departments/end", {"code": "NTR", "on": "2026-12-01"})

    page = chief.get("/admin/prices").get_data(as_text=True)

    assert "Phòng 30" in page
    assert "01/12/2026" in page
    twice = chief.post("/admin/departments", {"code": "ntr", "name": "x", "since": "2026-11-24"})
    assert twice.status_code == 409


def test_secret_is_written_and_never_shown(boss: Browser, hospital: Hospital) -> None:
    page = boss.get("/admin/channels/sepay").get_data(as_text=True)
    assert "ak_test_1" not in page
    assert "spapi_test_vienphi" not in page

    done = boss.post("/admin/channels/sepay/versions", {"secret-setting:webhook_key": "ak_moi_9"})

    assert done.status_code == 303
    page = boss.get(done.headers["Location"]).get_data(as_text=True)
    assert "ak_moi_9" not in page
    assert "2 phiên bản cùng hiệu lực" in page
    with hospital.runtime.database.reading(hospital.scope) as tx:
        newest, former = channels.versions(tx, hospital.runtime, "sepay")
    assert newest.settings["webhook_key"] == "ak_moi_9"
    assert newest.settings["api_token"] == former.settings["api_token"]


def test_old_version_ends_but_never_the_last_one(boss: Browser) -> None:
    boss.get("/admin/channels/sepay")
    last = boss.post("/admin/channels/sepay/versions/1/end")
    assert last.status_code == 409
    boss.get("/admin/channels/sepay")
    boss.post("/admin/channels/sepay/versions", {"secret-setting:webhook_key": "ak_moi_9"})
    boss.get("/admin/channels/sepay")

    assert boss.post("/admin/channels/sepay/versions/1/end").status_code == 303
    assert "Hết từ" in boss.get("/admin/channels/sepay").get_data(as_text=True)


@pytest.mark.parametrize("name", ["account", "bin", "holder", "khong_co"])
def test_where_money_goes_is_not_changed_with_the_settings(boss: Browser, name: str) -> None:
    boss.get("/admin/channels/vietqr")

    answer = boss.post("/admin/channels/vietqr/versions", {f"secret-setting:{name}": "0099"})

    assert answer.status_code == 422


def test_lights_say_in_words_what_is_silent(boss: Browser, hospital: Hospital) -> None:
    silent = boss.get("/admin/health").get_data(as_text=True)
    assert "Chưa chạy" in silent
    with hospital.runtime.database.transaction(hospital.scope) as tx:
        jobs.beat(tx, "worker")

    page = boss.get("/admin/health").get_data(as_text=True)

    assert "Chưa chạy" not in page
    assert "Kênh sepay" in page
    assert "Máy in" in page


def test_administrator_sees_no_patient_on_any_page(
    app: Flask, boss: Browser, hospital: Hospital
) -> None:
    invoice = hospital.issue()
    intent = hospital.show(invoice)
    hospital.arrive(hospital.transfer(intent.code, intent.amount))
    for path in ("/admin/users", "/admin/channels", "/admin/channels/sepay", "/admin/health"):
        page = boss.get(path).get_data(as_text=True)
        assert "NGUYỄN VĂN THỬ" not in page, path
        assert hospital.view(invoice).number not in page, path
    for path in ("/desk", f"/desk/invoices/{invoice}", "/finance"):
        assert boss.get(path).status_code in (403, 404), path


@pytest.mark.parametrize("language", ["vi", "en", "fr"])
def test_pages_speak_every_language(boss: Browser, chief: Browser, language: str) -> None:
    for browser, paths in (
        (boss, ("/admin/users", "/admin/users/import", "/admin/channels", "/admin/health")),
        (chief, ("/admin/prices", "/admin/prices/history?code=KB01")),
    ):
        browser.client.set_cookie("vienphi_language", language)
        for path in paths:
            answer = browser.get(path)
            assert answer.status_code == 200, path
            assert f'<html lang="{language}"' in answer.get_data(as_text=True)
