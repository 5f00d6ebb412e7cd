"""A hospital in which everything has happened that a screen can show; the clock stands at 07:30."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib.metadata import entry_points
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import httpx
from flask import Flask
from sqlalchemy import select

from payments.app import create_app
from payments.card_checks.answers import COPAYMENT_CALL
from payments.card_checks.model import Doubt
from payments.card_checks.service import enter_by_hand
from payments.card_checks.telling import Told
from payments.channels import breaker, fees, pausing
from payments.channels import service as channels
from payments.channels.creating import create
from payments.channels.routing import Fee, Terms
from payments.config import Mode, Settings
from payments.einvoicing.service import ask as ask_einvoice
from payments.encounters.service import open_visit
from payments.external.portal import CopaymentRow, NewCard
from payments.gateway import Gateways, Notification, Outcome
from payments.identity import queries as identity
from payments.identity.permissions import Role
from payments.identity.staff import give_password
from payments.inbox import service as inbox
from payments.intents import holding
from payments.intents.agreeing import agree
from payments.intents.errands import Kind
from payments.intents.exempting import exempt_invoice
from payments.intents.model import Intent
from payments.intents.opening import AttemptRequest, open_attempt
from payments.intents.plans import CODE_MAX, equal
from payments.intents.service import cancel_invoice, credit_invoice, expire, open_transfer
from payments.interop.orders.issuing import issue as issue_orders
from payments.interop.orders.queries import patient_of
from payments.invoicing.exemptions import Decision
from payments.invoicing.model import LineRequest, PatientRequest
from payments.invoicing.service import IssueRequest, issue
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import FrozenClock
from payments.kernel.money import Money, vnd
from payments.kernel.scope import FacilityId, Scope
from payments.kernel.secret import Secret
from payments.keys import Keys, write_new
from payments.patients.merging import Reason, merge
from payments.patients.model import Facts
from payments.patients.scanning import Birth
from payments.patients.service import admit
from payments.payouts import taking as payouts
from payments.payouts.crediting import net_of
from payments.receipts.printing import record
from payments.receipts.rows import PAYMENT
from payments.reconciliation.closing import close_day
from payments.reconciliation.importing import take_in
from payments.refunds import claiming, moving, paying_back
from payments.refunds.moving import MoveRequest
from payments.refunds.paybacks import Account
from payments.refunds.paying_back import PaybackRequest
from payments.runtime import Runtime
from payments.settlement import refusing
from payments.settlement.writing_off import ask_write_off
from payments.statements import making, ordering, plans
from payments.statements.accounts_map import say
from payments.statements.model import Span
from tests.support import access, cards
from tests.support.databases import fresh_sqlite, in_memory
from tests.support.einvoices import issuing
from tests.support.gateways import RETURN_URL, desk, settings_of_sandbox
from tests.support.hospital import PAYEE, SANDBOX, Hospital
from tests.support.insured_show import insured_visits
from tests.support.orders import ids, row, take
from tests.support.receivers import Receiver
from tests.support.settlement import Fund, a_written
from tests.support.statements import Moved, a_statement, moved_at
from tests.support.stays_show import stays_of
from tests.support.web import Browser, add_user

MORNING = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)  # 07:30 in the hospital
_OPENED = MORNING - timedelta(hours=1)
_YESTERDAY = MORNING - timedelta(days=1)
_RUN_OUT = timedelta(minutes=20)
ORDERED = "99-700001"
_THREE = ("KB01", "XN01", "SA01")


class Show:
    """Holds the addresses of what was made, by a name for its state."""

    def __init__(self, runtime: Runtime, clock: FrozenClock, scope: Scope) -> None:
        self.clock = clock
        self.scope = scope
        clock.set(_YESTERDAY)
        self.hospital = Hospital(runtime, scope)
        #: A way to pay with a page of its own, at a sandbox in this process.
        self.gateway = desk(self.hospital, "vnpay")
        self._add_gateways("stripe", "sepay_pg")
        #: From the day on: what is older was issued by other means.
        self.issuing = issuing(self.hospital, since=MORNING.date())
        self.runtime = runtime = self.hospital.runtime
        self.app = create_app(runtime)
        #: The same hospital, asking for the second factor.
        self.strict = create_app(
            replace(runtime, settings=replace(runtime.settings, second_factor=True))
        )
        self._count = itertools.count(1)
        self.invoices: dict[str, UUID] = {}
        self.payments: dict[str, UUID] = {}
        self.patients: dict[str, UUID] = {}
        self.visits: dict[str, UUID] = {}
        self.credits: dict[str, UUID] = {}
        self.attempts: dict[str, UUID] = {}
        self.claims: dict[str, str] = {}
        self.payouts: dict[str, UUID] = {}
        self.exports: dict[str, UUID] = {}
        self.insured: dict[str, UUID] = {}
        #: A claim to the insurer.
        self.claimed = UUID(int=0)
        self._enrolled = ""
        self.logins = {role: add_user(runtime, scope, role) for role in Role}
        self.hospital.scope = replace(scope, actor=f"user:{self.user(Role.HEAD_CASHIER)}")
        self._yesterday()
        clock.set(_OPENED)
        self._long_ago()
        clock.set(MORNING - timedelta(minutes=4))
        self._money()
        self._channels()
        self._people()
        self.insured, covered = insured_visits(self.hospital)
        self.invoices |= covered
        self.stays, self.slips = stays_of(self.hospital)
        self._cards()
        self._programs()
        clock.set(MORNING - timedelta(minutes=1))
        self._codes()
        self._ways()
        self._holds()
        self._whole()
        self._payouts()
        self._exports()
        self._down()
        self._fund()
        self._einvoices()
        clock.set(MORNING)

    def _einvoices(self) -> None:
        """Leave one with a number, one refused, and the rest to the evening."""
        self.hospital.work()
        for name, refuse in (("cash", ""), ("over", "BUYER_TAX_CODE_INVALID")):
            self.issuing.turn(refuse=refuse)
            ask_einvoice(self.runtime, self.scope, [self.payments[name]])
            self.issuing.work()
        self.issuing.turn(refuse="")

    def user(self, role: Role) -> UUID:
        with self.runtime.database.reading(self.scope) as tx:
            return next(one.id for one in identity.users(tx) if one.login == self.logins[role])

    def enrolled(self) -> str:
        """Give the login of an administrator who has a second factor."""
        if not self._enrolled:
            self._enrolled = self.newcomer(Role.IT_ADMIN)
            browser = Browser(self.strict.test_client())
            browser.sign_in(self._enrolled)
            access.enrol(browser, self.clock)
        return self._enrolled

    def code_in(self, page: str) -> str:
        """Give what an app says now that was shown the secret of *page*."""
        return access.code_now(access.secret_in(page), self.clock)

    def given_password(self) -> tuple[str, str]:
        """Add a user who has a password for one sign-in; returns login and password."""
        login = self.newcomer(Role.CASHIER)
        with self.runtime.database.reading(self.scope) as tx:
            found = next(one.id for one in identity.users(tx) if one.login == login)
        _, password = give_password(self.runtime, self.scope, found)
        return login, password

    def newcomer(self, role: Role) -> str:
        """Add a user who never was here; returns the login."""
        return add_user(self.runtime, self.scope, role, f"moi.{next(self._count)}")

    def invoice(self, name: str) -> str:
        return f"/desk/invoices/{self.invoices[name]}"

    def link(self, name: str) -> str:
        return f"/p/{self.hospital.view(self.invoices[name]).pay_token}"

    def way(self, name: str) -> str:
        """Give the page that leads to the gateway."""
        return f"{self.link(name)}/ways/{self.attempts[name]}"

    def way_back(self, name: str) -> str:
        """Give the page to which the gateway sends the payer back."""
        stand = self.gateway.stand
        order = stand.orders.get(self.gateway.wire(self.attempts[name]))
        told = urlsplit(stand.behaviour.back(order, self.clock.now())).query
        return f"{self.link(name)}/back/vnpay?{told}"

    def code(self, state: str) -> Intent:
        """Make one more invoice of 422.000 đ with an open code."""
        return self._code(state, "NGUYỄN VĂN THỬ", *_THREE)

    def pay(self, code: Intent) -> None:
        self.hospital.arrive(self.hospital.transfer(code.code, code.amount))
        self.hospital.work()

    def _issue(self, state: str, name: str, *codes: str) -> UUID:
        number = next(self._count)
        request = IssueRequest(
            PatientRequest(name, 1940 + number * 3 % 80, f"99-{240_800 + number}"),
            tuple(LineRequest(code, 1) for code in codes or ("KB01",)),
            f"show-form-{number:06d}",
        )
        self.invoices[state] = issue(self.runtime, self.hospital.scope, request)
        return self.invoices[state]

    def _code(self, state: str, name: str, *codes: str) -> Intent:
        return self.hospital.show(self._issue(state, name, *codes))

    def _pay(self, state: str, memo: str, amount: Money) -> None:
        arrived = self.hospital.arrive(self.hospital.transfer(memo, amount))
        self.hospital.work()
        self.credits[state] = arrived.credit
        if state in self.invoices:
            self.payments[state] = self.hospital.payments(self.invoices[state])[-1].id

    def _fund(self) -> None:
        """
        Claims of September: one refused twice, upheld and to be written off; a line of nobody.
        """
        fund = Fund(self.hospital)
        names = ("VPTEST0001", "VPTEST0002")
        fund.bring(*(a_written(name, date(2026, 9, 3), 300_000, 400_000) for name in names))
        fund.send("202609")
        row = ("VPTEST0001", "XML3", 2, 90_000, "Vượt giá thuốc đã duyệt")
        fund.assess(
            "202609",
            ("VPTEST0001", "XML3", 1, 60_000, "Mức hưởng cao hơn quy định"),
            row,
            ("VPLA00001", "XML3", 1, 12_000, "Không có hồ sơ"),
            on="2026-11-10",
        )
        [upheld, asked] = fund.refusals("2026Q3")
        refusing.decide(self.runtime, self.hospital.scope, upheld.id, Money(0), "BHXH giữ nguyên")
        ask_write_off(self.runtime, self.hospital.scope, asked.id, "khoa nhận lỗi")
        self.claimed = fund.claim("VPTEST0001")

    def _yesterday(self) -> None:
        """One payment that the bank tells of too; the day is closed in the morning."""
        code = self._code("yesterday", "VÕ THỊ MINH HỌA")
        at = moved_at(self.clock.now())
        self.hospital.arrive(self.hospital.transfer(code.code, code.amount, reference="FTY1"))
        self.hospital.work()
        day = HospitalDay.of(self.clock.now())
        self.clock.set(_OPENED)
        told = Moved(code.amount.dong, "FTY1", code.code, at)
        take_in(self.runtime, self.scope, PAYEE.account, a_statement(told, day=at[:10]))
        self.hospital.work()
        close_day(self.runtime, self.scope, day)

    def _long_ago(self) -> None:
        late = self._code("late", "BÙI THỊ THỬ NGHIỆM", *_THREE)
        self._code("expired", "ĐỖ VĂN MẪU", "KB01", "XQ01")
        self.clock.advance(_RUN_OUT)
        expire(self.runtime, self.scope)
        self._pay("late", late.code, late.amount)

    def _money(self) -> None:
        short = self._code("short", "TRẦN VĂN MẪU", *_THREE)
        self._pay("short", short.code, short.amount - vnd(20_000))
        over = self._code("over", "LÊ THỊ VÍ DỤ")
        self._pay("over", over.code, over.amount + vnd(50_000))
        self._move("over")
        self._pay_back("open", is_named=False)
        self._pay_back("named", is_named=True)
        twice = self._code("twice", "PHẠM VĂN NGHIỆM")
        for _ in range(2):
            self._pay("twice", twice.code, twice.amount)
        self._pay("stray", "CK TIEN VIEN CHO ME", vnd(320_000))
        left = self._code("cancelled", "ĐẶNG THỊ THỬ", "KB02")
        cancel_invoice(
            self.runtime,
            self.hospital.scope,
            self.invoices["cancelled"],
            "người bệnh xin không khám",
        )
        self._pay("cancelled", left.code, left.amount)
        self._issue("credited", "NGÔ VĂN MẪU", "KB01", "XN01")
        self._credit("credited", {"XN": vnd(92_000)})
        self._code("replaced", "HOÀNG VĂN THỬ", "KB01", "XN01")
        self._credit("replaced", {"XN": vnd(92_000)})
        exempted = self._issue("exempted", "DƯƠNG THỊ MẪU", "KB01", "SA01")
        exempt_invoice(
            self.runtime,
            self.hospital.scope,
            exempted,
            Decision("POOR", vnd(180_000), "giấy xác nhận hộ nghèo", "show-exempt"),
        )
        self._issue("unshown", "LÝ VĂN NGHIỆM", "KB01")
        self._issue("nothing", "HUỲNH THỊ MẪU", "CT02")
        self.hospital.open_shift("Q1")
        cash = self._issue("cash", "NGUYỄN THỊ VÍ DỤ", "KB02")
        self.hospital.hand_over(cash, vnd(50_000))
        self.hospital.work()
        self.payments["cash"] = self.hospital.payments(cash)[-1].id

    def _pay_back(self, name: str, *, is_named: bool) -> None:
        """Ask for and approve money back to an account; its payee may have named one."""
        scope, runtime = self.hospital.scope, self.runtime
        asked = PaybackRequest(
            self._stray(), vnd(90_000), "không rõ người trả", f"show-back-{name}"
        )
        one = paying_back.request(runtime, scope, asked)
        chief = replace(scope, actor=f"user:{self.user(Role.CHIEF_ACCOUNTANT)}")
        approved = paying_back.approve(runtime, chief, one.id)
        self.claims[name] = paying_back.token_of(runtime, approved)
        if is_named:
            account = Account("970436", "0071000999888", "NGUYEN VAN MAU")
            claiming.name_account(runtime, scope, self.claims[name], account)

    def _stray(self) -> UUID:
        """Let a transfer come that names nobody; returns its payment."""
        credit = self.hospital.arrive(self.hospital.transfer("CK LAI", vnd(90_000))).credit
        with self.runtime.database.reading(self.scope) as tx:
            brought = select(PAYMENT.c.id).where(PAYMENT.c.credit_id == credit)
            found: UUID = tx.execute(brought).scalar_one()
        return found

    def _move(self, name: str) -> None:
        """Ask that what is over of *name* pays another invoice of the same person."""
        view = self.hospital.view(self.invoices[name])
        person = PatientRequest(view.patient_name, view.birth_year, view.file_number)
        request = IssueRequest(person, (LineRequest("KB02", 1),), f"show-more-{name}-001")
        target = issue(self.runtime, self.hospital.scope, request)
        payment = self.hospital.payments(self.invoices[name])[-1].id
        asked = MoveRequest(payment, target, vnd(10_000), "người bệnh đồng ý", f"show-move-{name}")
        moving.request(self.runtime, self.hospital.scope, asked)

    def _credit(self, state: str, amounts: dict[str, Money]) -> None:
        credit_invoice(
            self.runtime,
            self.hospital.scope,
            self.invoices[state],
            amounts,
            reason="bác sĩ bỏ chỉ định",
            key=f"show-credit-{state}",
        )

    def _people(self) -> None:
        same = Facts("NGUYỄN VĂN THỬ NGHIỆM", Birth(1958, 2, 1), phone="0900000123")
        for name, file_number in (("first", "99-500001"), ("second", "99-500002")):
            self.patients[name] = admit(self.runtime, self.hospital.scope, file_number, same)
            same = replace(same, birth=Birth(1958), phone="")
        for name, file_number in (("merged", "99-500003"), ("twin", "99-500004")):
            facts = Facts("TRẦN THỊ MẪU THỬ", Birth(1990, 5, 6))
            self.patients[name] = admit(self.runtime, self.hospital.scope, file_number, facts)
        merge(
            self.runtime,
            self.hospital.scope,
            self.patients["twin"],
            self.patients["merged"],
            Reason.TYPED_TWICE,
        )
        take(self.hospital, row(quantity=3), row(line=2, service_code="XN01"))
        order = row(order_number="CD0002", file_number="99-700002", quantity=3)
        take(self.hospital, order)
        issue_orders(self.runtime, self.hospital.scope, ids(self.hospital, "99-700002"))
        take(self.hospital, order | {"version": "2", "quantity": "1"})
        with self.runtime.database.reading(self.scope) as tx:
            found = patient_of(tx, self.runtime.keys, ORDERED)
        assert found is not None
        self.patients["ordered"] = found.patient

    def _cards(self) -> None:
        """Visits whose card is not looked up, right, replaced, not answered for, by hand."""
        scope = self.hospital.scope
        with self.runtime.database.transaction(scope) as tx:
            for name in ("new", "right", "replaced", "silent", "forces"):
                self.visits[name] = open_visit(tx, self.patients["ordered"])
            enter_by_hand(tx, self.runtime.keys, self.visits["forces"], cards.entered())
        paid = CopaymentRow(date(2026, 2, 3), Decimal("1200000.50"), Decimal("1200000.50"))
        right = self.visits["right"]
        cards.answered(self.runtime, scope, right)
        told = {"call": COPAYMENT_CALL, "code": "200", "told": Told(rows=(paid,))}
        cards.answered(self.runtime, scope, right, **told)
        new = NewCard("HT3990000001004", date(2026, 12, 1), date(2027, 11, 30), "99001")
        replaced = cards.told("004", new_card=new)
        cards.answered(self.runtime, scope, self.visits["replaced"], **replaced)
        cards.silent(self.runtime, scope, self.visits["silent"], Doubt.TIMED_OUT)

    def _channels(self) -> None:
        """One that is paused, one that its maker may not open; what one costs and takes."""
        keeper = replace(self.scope, actor=f"user:{self.user(Role.IT_ADMIN)}")
        today = HospitalDay.of(self.clock.now())
        for days, fixed, basis in ((0, 1_650, "HĐ 12/2026"), (7, 0, "Thông báo phí 02/2026")):
            terms = Terms(Fee(vnd(fixed), 5_000, most=vnd(30_000)), amount_max=CODE_MAX)
            fees.agree(self.runtime, keeper, "vietqr", today.plus(days), terms, basis)
        create(self.runtime, keeper, "sepay-phu", "sepay", SANDBOX["sepay"])
        pausing.pause(self.runtime, keeper, "sepay-phu", "SePay bảo trì đến 9 giờ")
        create(self.runtime, keeper, "vietqr-moi", "bank_transfer", SANDBOX["bank_transfer"])

    def _ways(self) -> None:
        """Attempts at a gateway: not yet begun, paid untold, paid and told, given up."""
        for name, act, is_told in (
            ("way-open", "", False),
            ("way-untold", "pay", False),
            ("way-paid", "pay", True),
            ("way-cancelled", "cancel", True),
        ):
            self.attempts[name] = self.gateway.open(self._issue(name, "HOÀNG THỊ THỬ"))
            told = self.gateway.play(self.attempts[name], act) if act else []
            if is_told:
                self.gateway.deliver(*told)
        self._taken_back("held", Outcome.DISPUTED)
        self._taken_back("taken", Outcome.DISPUTE_LOST)
        self.hospital.work()

    def _exports(self) -> None:
        """A file that is ready, one that an account stops, one that waits; one made each day."""
        today = HospitalDay.of(self.clock.now())
        for name, file in (("ready", "collection"), ("stopped", "accounting"), ("waits", "bhyt")):
            span = Span(today, today)
            made = ordering.order(self.runtime, self.hospital.scope, file, "xlsx", span)
            self.exports[name] = made
            if name != "waits":
                making.make(self.runtime, self.hospital.scope, made)
        plans.agree(self.runtime, self.hospital.scope, "collection", "pdf", "daily")
        say(self.runtime, self.hospital.scope, "1100", "1121", today)

    def _payouts(self) -> None:
        """A report of which one line differs and one is unknown; its sum has come to the bank."""
        day = HospitalDay.of(self.clock.now())
        file = self.gateway.stand.settled(day, differing=1, extra=1)
        told = payouts.take_in(
            self.runtime, self.hospital.scope, "vnpay", day, account=PAYEE.account, content=file
        )
        [self.payouts["differs"]] = told.payouts
        with self.runtime.database.reading(self.hospital.scope) as tx:
            net = net_of(tx, self.payouts["differs"])
        self.hospital.arrive(self.hospital.transfer("", net, reference="FT-VNPAY"))

    def _taken_back(self, name: str, outcome: Outcome) -> None:
        """Let the gateway take a payment back by itself."""
        attempt = self.gateway.open(self._issue(name, "MAI THỊ VÍ DỤ"))
        self.gateway.deliver(*self.gateway.play(attempt, "pay"))
        told = Notification(
            event_id=f"show-{name}",
            outcome=outcome,
            amount=self.gateway.intent(attempt).amount,
            occurred_at=self.clock.now(),
            reference=self.gateway.intent(attempt).code,
            transaction=f"KN-{name}",
        )
        inbox.take_in(self.runtime, self.hospital.scope, self.gateway.name, (told,), b"")

    def _add_gateways(self, *names: str) -> None:
        """Add one that sets money aside, and one that only voids; nobody here speaks to them."""
        runtime = self.hospital.runtime
        builds = {name: runtime.gateways.made_by(name) for name in runtime.gateways.names}
        for name in names:
            [point] = entry_points(group="vienphi.gateways", name=name)
            builds[name] = point.load()
        self.hospital.runtime = replace(runtime, gateways=Gateways(builds))
        with runtime.database.transaction(self.hospital.scope) as tx:
            for name in names:
                settings = settings_of_sandbox(name)
                channels.put(tx, self.hospital.runtime, slug=name, adapter=name, settings=settings)

    def _whole(self) -> None:
        """Twice paid through a gateway that only voids."""
        runtime, scope = self.hospital.runtime, self.hospital.scope
        invoice = self._issue("whole", "VŨ THỊ VÍ DỤ")
        asked = AttemptRequest(invoice, "sepay_pg", "show-whole", RETURN_URL)
        intent = self.gateway.intent(open_attempt(runtime, scope, asked))
        for name in ("W1", "W2"):
            told = Notification(
                f"asked:{name}",
                Outcome.CAPTURED,
                intent.amount,
                self.clock.now(),
                reference=intent.code,
                transaction=name,
            )
            inbox.take_in(runtime, scope, "sepay_pg", (told,), b"", is_asked=True)

    def _down(self) -> None:
        """Of the gateways one answers nobody any more."""
        for _ in range(breaker.FAILURES_MAX):
            with self.runtime.database.transaction(self.scope) as tx:
                breaker.failed(tx, "sepay_pg")

    def _holds(self) -> None:
        """Money that is set aside; of one, what became of taking it is not known."""
        runtime, scope = self.hospital.runtime, self.hospital.scope
        for name in ("aside", "aside-unknown"):
            invoice = self._issue(name, "ĐINH THỊ THỬ")
            asked = AttemptRequest(invoice, "stripe", f"show-{name}", RETURN_URL)
            self.attempts[name] = open_attempt(runtime, scope, asked)
            intent = self.gateway.intent(self.attempts[name])
            told = Notification(
                f"{name}:held",
                Outcome.AUTHORISED,
                intent.amount,
                self.clock.now(),
                reference=intent.code,
            )
            inbox.take_in(runtime, scope, "stripe", (told,), b"")
        holding.want(
            runtime,
            scope,
            self.invoices["aside-unknown"],
            self.attempts["aside-unknown"],
            Kind.CAPTURE,
        )

    def _programs(self) -> None:
        receiver = Receiver(self.runtime, self.hospital)
        receiver.subscribe()
        receiver.answers = [httpx.Response(410, text="gone"), httpx.Response(500, text="later")]
        self._issue("told", "TRƯƠNG VĂN MẪU", "KB02")
        receiver.listen()

    def _codes(self) -> None:
        """The codes that stand on the screens now."""
        paid = self._code("paid", "NGUYỄN VĂN THỬ", *_THREE)
        self._pay("paid", paid.code, paid.amount)
        with self.runtime.database.transaction(self.hospital.scope) as tx:
            for number, reason in ((1, ""), (2, "máy in kẹt giấy")):
                record(tx, self.payments["short"], number, reason=reason, copies_most=2)
        rest = self.hospital.show(self.invoices["short"])
        assert rest.amount == vnd(20_000)
        self._code("large", "RƠ CHÂM THỬ NGHIỆM", "CT01", "SA02", "XN02", "XN04")
        self._code("due", "NGUYỄN THỊ MINH HỌA THỬ", *_THREE)
        self._above()

    def _above(self) -> None:
        """Amounts that no code carries: nothing agreed, a transfer, a plan, one that is over."""
        scope, runtime = self.hospital.scope, self.runtime
        for state in ("above", "transfer", "plan", "overtaken"):
            request = IssueRequest(
                PatientRequest("ĐOÀN THỊ MẪU", 1961, f"99-{240_800 + next(self._count)}"),
                (LineRequest("CT01", 999), LineRequest("CT01", 500)),
                f"show-above-{state}",
            )
            self.invoices[state] = issue(runtime, scope, request)
        with_code = self.invoices["transfer"]
        open_transfer(runtime, scope, invoice=with_code, channel="vietqr", key="show-transfer")
        for state in ("plan", "overtaken"):
            due = self.hospital.view(self.invoices[state]).due
            agree(runtime, scope, self.invoices[state], equal(due, 3), seen_due=due)
            code = self.hospital.show(self.invoices[state])
            self._pay(state, code.code, code.amount)
        self._credit("overtaken", {"CT": vnd(700_000)})


@contextmanager
def show_in(folder: Path) -> Iterator[Show]:
    """Make the hospital in *folder*."""
    clock = FrozenClock(_YESTERDAY)
    write_new(folder / "keys.json", demo=True)
    settings = Settings(
        mode=Mode.TRIAL,
        database_url=Secret("unused://"),
        keys_file=folder / "keys.json",
        gateways=("bank_transfer", "casso", "sepay"),
        hosts=("localhost", "127.0.0.1"),
        public_url="http://localhost",
        proxy_hops=0,
        code_prefix="VPH",
        code_minutes=15,
        log_level="ERROR",
        facility=FacilityId(99001),
        second_factor=False,
        help_phone="1900 0000",
    )
    gateways, keys = Gateways.named(settings.gateways), Keys.read(settings.keys_file)
    with in_memory(folder) as place, closing(fresh_sqlite(place / "show.db", clock)) as database:
        runtime = Runtime(settings, database, gateways, clock, keys)
        yield Show(runtime, clock, Scope(FacilityId(99001), "user:test", "show"))


def apps(show: Show) -> dict[str, Flask]:
    return {"": show.app, "strict": show.strict}
