"""The card of a visit at the desk: asked for without waiting, "tạm tính" until it is answered."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask

from payments.card_checks import queries
from payments.card_checks.codes import MEANINGS
from payments.card_checks.model import CardAnswer, Doubt, Reason
from payments.kernel.clock import FrozenClock
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.words import catalogue
from tests.support.cards import a_visit, answered, silent, told
from tests.support.web import Browser


def page(desk: Browser, visit: UUID) -> str:
    answer = desk.get(f"/desk/visits/{visit}/card")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def known(runtime: Runtime, scope: Scope, visit: UUID) -> CardAnswer | None:
    with runtime.database.reading(scope) as tx:
        return queries.latest(tx, runtime.keys, visit)


def test_the_button_asks_and_the_desk_goes_on(
    desk: Browser, runtime: Runtime, scope: Scope
) -> None:
    visit = a_visit(runtime, scope)
    assert "tạm tính" in page(desk, visit)

    answer = desk.post(f"/desk/visits/{visit}/card/ask")

    assert answer.status_code == 303
    assert "Đang hỏi cổng giám định" in page(desk, visit)
    assert known(runtime, scope, visit) is None


def test_the_button_on_another_page_leads_back_to_it(
    desk: Browser, runtime: Runtime, scope: Scope
) -> None:
    visit = a_visit(runtime, scope)
    page(desk, visit)

    answer = desk.post(f"/desk/visits/{visit}/card/ask", {"back": "insured"})

    assert answer.headers["Location"].endswith(f"/desk/insured/{visit}")


@pytest.mark.parametrize("code", sorted(MEANINGS))
def test_every_code_says_what_to_do(
    desk: Browser, runtime: Runtime, scope: Scope, code: str
) -> None:
    visit = a_visit(runtime, scope)
    answered(runtime, scope, visit, **told(code))

    shown = page(desk, visit)

    assert code in shown
    assert catalogue.say(f"card.do.{MEANINGS[code].value}", "vi") in shown
    assert "Kiểm tra lại thẻ" in shown


def test_a_right_card_shows_its_age_and_no_mark(
    desk: Browser, runtime: Runtime, scope: Scope, clock: FrozenClock
) -> None:
    visit = a_visit(runtime, scope)
    answered(runtime, scope, visit)
    clock.advance(timedelta(minutes=7))

    shown = page(desk, visit)

    assert "7 phút trước" in shown
    assert "01/01/2026 – 31/12/2026" in shown
    assert "chip--warn" not in shown.split("h-card")[1].split("</section>")[0]


def test_a_later_try_that_failed_is_told(
    desk: Browser, runtime: Runtime, scope: Scope, clock: FrozenClock
) -> None:
    visit = a_visit(runtime, scope)
    answered(runtime, scope, visit)
    clock.advance(timedelta(minutes=7))
    silent(runtime, scope, visit, Doubt.TIMED_OUT)

    assert "câu trả lời trước vẫn được dùng" in page(desk, visit)


def test_a_card_of_the_forces_is_entered_by_hand(
    desk: Browser, runtime: Runtime, scope: Scope
) -> None:
    visit = a_visit(runtime, scope, card="")
    page(desk, visit)
    form = {
        "card": "qn5 99 0123456789",
        "valid_from": "2026-01-01",
        "valid_to": "2026-12-31",
        "facility": "99001",
        "reason": "forces",
        "note": "thẻ giấy",
    }

    answer = desk.post(f"/desk/visits/{visit}/card/by-hand", form)

    assert answer.status_code == 303
    found = known(runtime, scope, visit)
    assert found is not None
    assert (found.card, found.reason) == ("QN5990123456789", Reason.FORCES)
    assert "thẻ lực lượng vũ trang" in page(desk, visit)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("card", "QN6990123456789"),
        ("valid_from", "01/01/2026"),
        ("valid_to", "2025-12-31"),
        ("facility", "9900"),
        ("reason", "because"),
    ],
)
def test_a_wrong_field_is_said_and_nothing_is_lost(
    desk: Browser, runtime: Runtime, scope: Scope, field: str, value: str
) -> None:
    visit = a_visit(runtime, scope, card="")
    page(desk, visit)
    form = {
        "card": "QN5990123456789",
        "valid_from": "2026-01-01",
        "valid_to": "2026-12-31",
        "facility": "99001",
        "reason": "forces",
        "note": "thẻ giấy thử",
    }

    answer = desk.post(f"/desk/visits/{visit}/card/by-hand", form | {field: value})

    assert answer.status_code == 422
    assert "thẻ giấy thử" in answer.get_data(as_text=True)
    assert known(runtime, scope, visit) is None


def test_without_a_card_the_button_says_so(desk: Browser, runtime: Runtime, scope: Scope) -> None:
    visit = a_visit(runtime, scope, card="")
    page(desk, visit)

    answer = desk.post(f"/desk/visits/{visit}/card/ask")

    assert answer.status_code == 422
    assert "chưa có số thẻ BHYT" in answer.get_data(as_text=True)


def test_no_visit_is_not_found(desk: Browser, app: Flask) -> None:
    assert desk.get(f"/desk/visits/{uuid4()}/card").status_code == 404
