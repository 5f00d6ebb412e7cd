"""
Every place where a person, a program or a bank can put text, each with what surrounds it.

A test sends anything to all of them: ``for place in Places(stage).all(): place.send(text)``.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from flask import Flask
from werkzeug.test import TestResponse

from payments.app import create_app
from payments.identity.permissions import Role
from payments.interop.orders.reading import COLUMNS
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import vnd
from payments.web.api.orders import EXAMPLE
from tests.support import orders, price_lists
from tests.support.feeds import FURNISHED, transfer
from tests.support.hospital import PAYEE
from tests.support.insured import Desk as InsuredDesk
from tests.support.program import Program, new_token, order
from tests.support.stage import Stage
from tests.support.statements import Moved, a_statement
from tests.support.web import Browser, add_user

_ROLES: Final = (
    Role.HEAD_CASHIER,
    Role.ACCOUNTANT,
    Role.CHIEF_ACCOUNTANT,
    Role.IT_ADMIN,
)


@dataclass(frozen=True, slots=True)
class Place:
    """One field; *takes_anything* where text is searched for, not stored or refused."""

    name: str
    send: Callable[[str], TestResponse]
    takes_anything: bool = False


class Places:
    """A hospital with one of everything, and everybody signed in."""

    def __init__(self, made: Stage) -> None:
        self.made = made
        self.app: Flask = create_app(made.runtime)
        self.people = {role: self._signed_in(role) for role in _ROLES}
        self.public = Browser(self.app.test_client())
        # One lets an invoice through in the middle of the day, the other is told by a machine.
        self.program = Program(self.app.test_client(), new_token(made.runtime, made.scope))
        self.day = str(HospitalDay.of(made.runtime.clock.now()))
        self.invoice = made.hospital.issue("KB01")
        self.insured = InsuredDesk(made.hospital).open()
        self._cancellable = made.hospital.issue()
        self.paid = self._paid()
        self.payment = made.hospital.payments(self.paid)[0].id
        self.credit = self._credit()
        self._numbers = itertools.count(1)

    def all(self) -> Iterator[Place]:
        yield from self._desk()
        yield from self._finance()
        yield from self._administration()
        yield from self._public()
        yield from self._programs()
        yield from self._banks()

    def get(self, role: Role, path: str) -> TestResponse:
        return self.people[role].get(path)

    def _signed_in(self, role: Role) -> Browser:
        browser = Browser(self.app.test_client())
        answer = browser.sign_in(add_user(self.made.runtime, self.made.scope, role))
        assert answer.status_code == 303, answer.get_data(as_text=True)[:500]
        browser.get("/sign-in")
        return browser

    def _paid(self) -> UUID:
        hospital = self.made.hospital
        invoice = hospital.issue()
        hospital.arrive(hospital.transfer(hospital.show(invoice).code, vnd(150_000)))
        hospital.work()
        return invoice

    def _credit(self) -> UUID:
        hospital = self.made.hospital
        credit = hospital.arrive(hospital.transfer("KHONG RO", vnd(12_345))).credit
        assert credit is not None
        return credit

    def _form(
        self, role: Role, path: str, base: dict[str, Any], *fields: str, searched: bool = False
    ) -> Iterator[Place]:
        for field in fields:
            yield Place(
                f"{path.split('?')[0]} {field}",
                lambda text, field=field: self._post(role, path, base | {field: text}),
                takes_anything=searched,
            )

    def _post(self, role: Role, path: str, form: dict[str, Any]) -> TestResponse:
        browser = self.people[role]
        # A form of its own: the key of one that was carried out would give its answer again.
        return browser.post(path, {"key": f"{next(self._numbers):032x}"} | form)

    def _desk(self) -> Iterator[Place]:
        head = Role.HEAD_CASHIER
        issued = {"name": "LÊ THỬ", "birth_year": "1990", "file_number": "99-800001"}
        issued |= {"service": "KB01", "do": "issue"}
        yield from self._form(
            head, "/desk/invoices", issued, "name", "birth_year", "file_number", "quantity:KB01",
            "service", "key",
        )  # fmt: skip
        searched = issued | {"do": "search"}
        yield from self._form(
            head,
            "/desk/invoices",
            searched,
            "q",
            "name",
            "birth_year",
            "file_number",
            searched=True,
        )
        yield Place("/desk/patients name", self._admit)
        admitted = {"name": "LÊ THỬ", "birth": "01/01/1990", "phone": "", "file_number": "99-1"}
        yield from self._form(
            head, "/desk/patients", admitted, "birth", "file_number", "phone", "scanned"
        )
        yield from self._form(head, "/desk/scan", {}, "scan")
        at = f"/desk/invoices/{self.invoice}"
        yield Place("/desk/invoices/…/cancel reason", self._cancel)
        credited = {"reason": "sai dịch vụ", "amount:KB": "1000"}
        yield from self._form(head, f"{at}/credit", credited, "reason", "amount:KB")
        yield from self._form(head, f"{at}/credit", {"reason": "sai dịch vụ"}, "line")
        exempted = {"reason": "hộ nghèo", "amount": "1000", "programme": "poor"}
        yield from self._form(head, f"{at}/exempt", exempted, "reason", "amount", "programme")
        given = {"card": "DN4990123456789", "category": "1.1", "visit_type": "01"}
        given |= {"valid_from": "2026-01-01", "valid_to": "2026-12-31", "reason": "kiểm tra"}
        given |= {"second_card": "HN2990123456788", "second_valid_from": "2026-01-01"}
        given |= {"second_valid_to": "2026-12-31"}
        yield from self._form(
            head, f"/desk/insured/{self.insured}", given, "second_card", "second_valid_from",
            "second_valid_to", "second_registered_at", "card", "category", "visit_type", "area",
            "valid_from", "valid_to", "registered_at", "referral", "exempt_from", "copay_of_year",
            "shown_late", "other_source", "reason",
        )  # fmt: skip
        cash = {"tendered": "150000", "due": "150000"}
        yield from self._form(head, f"{at}/cash", cash, "tendered", "due", "choice")
        prints = {"number": "2", "paper": "a5", "reason": "mất bản in"}
        yield from self._form(
            head, f"/desk/receipts/{self.payment}/prints", prints, "reason", "paper", "number"
        )
        shift = {"cash_point": "Q1", "opening_float": "0"}
        yield from self._form(head, "/desk/shift", shift, "cash_point", "opening_float")
        yield from self._form(head, "/desk/orders/issue", {"file_number": "99-1"}, "order")

    def _cancel(self, text: str) -> TestResponse:
        path = f"/desk/invoices/{self._cancellable}/cancel"
        answer = self._post(Role.HEAD_CASHIER, path, {"reason": text})
        if answer.status_code == 303:
            self._cancellable = self.made.hospital.issue()
        return answer

    def _admit(self, text: str) -> TestResponse:
        form = {"name": text, "birth": "01/01/1990", "phone": ""}
        form["file_number"] = f"99-9{next(self._numbers):06d}"
        return self._post(Role.HEAD_CASHIER, "/desk/patients", form)

    def _finance(self) -> Iterator[Place]:
        books, at = Role.ACCOUNTANT, f"/finance/day/{self.day}"
        explained = {"account": PAYEE.account, "finding": "x", "reason": "do ngân hàng"}
        yield from self._form(books, f"{at}/explain", explained, "account", "finding", "reason")
        credit = f"/finance/credits/{self.credit}"
        attached = {"number": "VP26000001", "reason": "người bệnh gọi"}
        yield from self._form(books, f"{credit}/attach", attached, "number")
        yield from self._form(books, f"{credit}/attach", attached | {"number": "?"}, "reason")
        yield from self._form(books, f"{credit}/fee", {}, "reason")
        income = {"purpose": "x", "reason": "lãi"}
        yield from self._form(books, f"{credit}/income", income, "purpose", "reason")
        for name, bytes_of in {
            "memo": lambda text: a_statement(self._moved(text), day=self._slashed()),
            "reference": lambda text: a_statement(
                Moved(1_000, reference=text.replace(",", ";")), day=self._slashed()
            ),
            "whole": lambda text: text.encode("utf-8", "replace"),
        }.items():
            yield Place(
                f"statement {name}",
                lambda text, bytes_of=bytes_of: self._upload(
                    books, f"{at}/statement", bytes_of(text), account=PAYEE.account
                ),
                # What a bank says of money is kept, whatever it says.
                takes_anything=name != "whole",
            )

    def _moved(self, memo: str) -> Moved:
        number = next(self._numbers)
        quoted = memo.replace('"', '""')
        now = self.made.runtime.clock.now().strftime("%d/%m/%Y %H:%M:%S")
        return Moved(1_000 + number, reference=f"FX{number}", memo=quoted, at=now)

    def _slashed(self) -> str:
        year, month, day = self.day.split("-")
        return f"{day}/{month}/{year}"

    def _upload(self, role: Role, path: str, content: bytes, **form: str) -> TestResponse:
        told = {"file": (io.BytesIO(content), "tep.csv"), **form}
        return self._post(role, path, told)

    def _administration(self) -> Iterator[Place]:
        it, chief = Role.IT_ADMIN, Role.CHIEF_ACCOUNTANT
        added = {"name": "TRẦN THỬ", "role": "cashier", "person": ""}
        yield Place("/admin/users name", lambda text: self._add_user(added | {"name": text}))
        yield from self._form(it, "/admin/users", added | {"login": "thu.moi"}, "person", "role")
        yield from self._form(it, "/admin/users", added, "login")
        channel = "/admin/channels/sepay/versions"
        yield from self._form(it, channel, {}, "secret-setting:auth", "secret-setting:webhook_key")
        since = str(HospitalDay.parse(self.day).plus(1))
        yield Place(
            "/admin/departments name",
            lambda text: self._post(
                chief, "/admin/departments",
                {"code": f"D{next(self._numbers):04d}", "name": text, "since": since},
            ),
        )  # fmt: skip
        department = {"code": "D1", "name": "Phòng 99", "since": since}
        yield from self._form(chief, "/admin/departments", department, "code", "since")
        yield from self._form(
            chief, "/admin/departments/end", {"code": "KB", "on": "?"}, "on", "code"
        )
        for column in range(4):
            yield Place(
                f"price list column {column}",
                lambda text, column=column: self._upload(
                    chief, "/admin/prices/lists", self._list(column, text), since=since
                ),
            )
        yield Place("price list whole", lambda text: self._upload(
            chief, "/admin/prices/lists", text.encode("utf-8", "replace"), since=since
        ))  # fmt: skip
        yield Place("user list whole", lambda text: self._upload(
            it, "/admin/users/import", f"Tên đăng nhập,Họ tên,Vai trò\nmoi,{text},cashier".encode(
                "utf-8", "replace")
        ))  # fmt: skip
        yield Place(
            "/admin/prices q",
            # No longer line reaches the program.
            lambda text: self.people[chief].client.get(
                "/admin/prices", query_string={"q": text[:400]}
            ),
            takes_anything=True,
        )

    def _add_user(self, form: dict[str, str]) -> TestResponse:
        login = f"thu{next(self._numbers)}"
        return self._post(Role.IT_ADMIN, "/admin/users", form | {"login": login})

    def _list(self, column: int, text: str) -> bytes:
        cells: list[object] = [f"S{next(self._numbers):04d}", "Dịch vụ", "KB", 1000]
        cells[column] = '"' + text.replace('"', '""') + '"'
        return price_lists.as_csv(cells).decode().encode("utf-8", "replace")

    def _public(self) -> Iterator[Place]:
        self.public.get("/tra-cuu")
        asked = {"number": "VP26000001", "slip_code": "", "phone_end": "1234", "birth_year": "1990"}
        for field in asked:
            yield Place(f"/tra-cuu {field}", self._asker("/tra-cuu", asked, field))
        signed = {"login": "khong.co", "password": "x", "next": "", "kept": ""}
        for field in signed:
            yield Place(f"/sign-in {field}", self._asker("/sign-in", signed, field))
        for path in ("/p/{}", "/problems/{}", "/language/{}", "/theme/{}"):
            yield Place(path, self._getter(path), takes_anything=True)

    def _asker(self, path: str, base: dict[str, str], field: str) -> Callable[[str], TestResponse]:
        # Each from an address of its own: the limits have tests of their own.
        return lambda text: self.public.post(
            path,
            base | {field: text},
            environ_overrides={"REMOTE_ADDR": f"2001:db8:{next(self._numbers):x}::1"},
        )

    def _getter(self, path: str) -> Callable[[str], TestResponse]:
        return lambda text: self.public.client.get(
            path.format(text.replace("?", "").replace("#", "")[:200] or "x"),
            environ_overrides={"REMOTE_ADDR": f"2001:db8:{next(self._numbers):x}::1"},
        )

    def _programs(self) -> Iterator[Place]:
        invoice = order("KB01", number=1)
        for field in ("name", "file_number"):
            yield Place(
                f"api invoice {field}",
                lambda text, field=field: self.program.post(
                    "/invoices", invoice | {"patient": invoice["patient"] | {field: text}}
                ),
            )
        yield Place(
            "api invoice service",
            lambda text: self.program.post("/invoices", invoice | {"lines": [{"service": text}]}),
        )
        line: Any = EXAMPLE["orders"][0]  # type: ignore[index]
        for field in (*(name for name in COLUMNS if isinstance(line.get(name), str)), "source"):
            yield Place(f"api order {field}", self._order_sender(line, field))
        at = f"/invoices/{self.invoice}"
        amounts = [{"department": "KB", "amount": {"amount": 1, "currency": "VND"}}]
        for path, body in (("cancel", {}), ("credit-notes", {"amounts": amounts})):
            yield Place(
                f"api {path} reason",
                lambda text, path=path, body=body: self.program.post(
                    f"{at}/{path}", body | {"reason": text}
                ),
            )
        for query in ("file_number", "number", "cursor"):
            yield Place(
                f"api query {query}",
                lambda text, query=query: self.program.client.get(
                    "/api/v1/patients" if query == "file_number" else "/api/v1/invoices",
                    # No longer line reaches the program.
                    query_string={query: text[:400]},
                    headers={"Authorization": f"Bearer {self.program.token}"},
                ),
            )

    def _order_sender(self, line: Any, field: str) -> Callable[[str], TestResponse]:
        def send(text: str) -> TestResponse:
            number = next(self._numbers)
            told = line | {"order_number": f"X{number}", "file_number": f"99-7{number:05d}"}
            source = text if field == "source" else "his"
            told |= {} if field == "source" else {field: text}
            return self.program.post("/orders", {"source": source, "orders": [told]})

        return send

    def _banks(self) -> Iterator[Place]:
        for channel in FURNISHED:
            yield Place(f"{channel} memo", self._teller(channel), takes_anything=True)
            yield Place(
                f"{channel} unsigned",
                lambda text, channel=channel: self.public.client.post(
                    f"/webhooks/{channel}", data=text.encode("utf-8", "replace"),
                    content_type="application/json",
                ),
            )  # fmt: skip

    def _teller(self, channel: str) -> Callable[[str], TestResponse]:
        def send(text: str) -> TestResponse:
            now = self.made.runtime.clock.now()
            number = 900_000 + next(self._numbers)
            raw = FURNISHED[channel].raw(transfer(number, text, 1_000 + number, now), now)
            return self.public.client.post(
                f"/webhooks/{channel}", data=raw.body, headers=dict(raw.headers)
            )

        return send


def ordered(made: Stage, name: str, number: str) -> None:
    """Let a HIS order for somebody called *name*: their invoice and papers carry the name."""
    orders.take(made.hospital, orders.row(patient_name=name, file_number=number))
