"""The sandbox bank keeps books that add up, and forgets nothing."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest

from adapters._sandbox.bank import Order
from adapters._sandbox.branch import Instruction
from adapters._sandbox.deliver import State
from adapters._sandbox.journal import FileJournal
from adapters._sandbox.statement import COLUMNS
from adapters.bank_transfer.sandbox import create_branch, demo_settings
from tests.contract.channels import ACCOUNT, BASE_URL, OTHER_ACCOUNT, Webhook
from tests.unit.adapters.conftest import FEEDS

SETTINGS = demo_settings(BASE_URL)


def test_bank_starts_again_with_its_data(tmp_path, clock):
    path = tmp_path / "bank.jsonl"
    webhook = Webhook(clock, statuses=[503])
    first = create_branch(clock, FEEDS, journal=FileJournal(path), transport=webhook)
    first.pay(Instruction(Order(ACCOUNT, 1_000, "VPH1"), feeds=("sepay", "casso")))
    first.pay(Instruction(Order(ACCOUNT, 9, "LATE"), feeds=("sepay",)), after=timedelta(hours=1))
    first.run_due()

    second = create_branch(clock, FEEDS, journal=FileJournal(path), transport=webhook)

    assert second.bank.transfers() == first.bank.transfers()
    assert second.courier.deliveries == first.courier.deliveries
    assert second.held == first.held
    assert second.run_due() == 0
    clock.advance(timedelta(hours=1))
    second.run_due()
    assert [one.state for one in second.courier.deliveries] == [State.DELIVERED] * 3
    third = create_branch(clock, FEEDS, journal=FileJournal(path), transport=webhook)
    assert (third.held, third.bank.balance(ACCOUNT)) == ((), 100_011_009)


def test_line_that_a_crash_left_half_written_never_happened(tmp_path, clock):
    path = tmp_path / "bank.jsonl"
    first = create_branch(clock, FEEDS, journal=FileJournal(path))
    with path.open("ab") as file:
        file.write(b'{"kind": "transfer", "numb')

    second = create_branch(clock, FEEDS, journal=FileJournal(path))
    second.pay(Instruction(Order(ACCOUNT, 1_000, "VPH1")))
    third = create_branch(clock, FEEDS, journal=FileJournal(path))

    assert second.bank.transfers()[:1] == first.bank.transfers()
    assert third.bank.transfers() == second.bank.transfers()


def test_new_bank_has_one_incoming_transfer_of_today(clock):
    [only] = create_branch(clock, FEEDS).bank.transfers()

    assert (only.amount > 0, only.at) == (True, clock.now())


def test_statement_of_a_day_adds_up(order, bank, clock):
    clock.set(datetime(2026, 11, 24, 16, 59, 59, tzinfo=UTC))
    order(amount=600_000, memo="YESTERDAY", deliver="none")
    order(amount=400_000, memo="YESTERDAY", deliver="none")
    clock.set(datetime(2026, 11, 24, 17, 0, 0, tzinfo=UTC))
    order(amount=250_000, memo='=HYPERLINK("x"), VPH1', deliver="none")
    order(amount=-40_000, memo="PHI", deliver="none")
    order(amount=7_000, account=OTHER_ACCOUNT, deliver="none")
    clock.advance(timedelta(days=1))
    order(amount=5, memo="TOMORROW", deliver="none")

    text = bank.get(f"/sandbox/statement/{ACCOUNT}/2026-11-25.csv").text
    rows = list(csv.reader(io.StringIO(text)))
    head = dict(row for row in rows[:9])
    lines = [dict(zip(COLUMNS, row, strict=True)) for row in rows[11:]]

    assert rows[10] == list(COLUMNS)
    assert head["Số tài khoản"] == ACCOUNT
    assert head["Ngày sao kê"] == "25/11/2026"
    assert [line["Nội dung"] for line in lines] == ['=HYPERLINK("x"), VPH1', "PHI"]
    assert lines[0]["Ngày giao dịch"] == "25/11/2026 00:00:00"
    opening, closing = int(head["Số dư đầu ngày"]), int(head["Số dư cuối ngày"])
    came = sum(int(line["Ghi có"] or 0) for line in lines)
    went = sum(int(line["Ghi nợ"] or 0) for line in lines)
    assert (opening, came, went) == (101_000_000, 250_000, 40_000)
    assert (int(head["Tổng ghi có"]), int(head["Tổng ghi nợ"])) == (came, went)
    assert opening + came - went == closing == int(lines[-1]["Số dư"])


@pytest.mark.parametrize(
    ("shape", "memo"),
    [
        ("", "VPH1234567890 vien phi"),
        (
            "mbvcb",
            "MBVCB.10000000001.000001.VPH1234567890 vien phi.CT tu 0123456789 NGUYEN VAN THU",
        ),
        ("ct_den", "CT DEN:600000000001 VPH1234567890 vien phi"),
        ("vpbank", "VPBANK NGUYEN VAN THU chuyen tien VPH1234567890 vien phi"),
        ("lower", "vph1234567890 vien phi"),
        ("glued", "THANHTOANVPH1234567890vienphiVIENPHI"),
        ("cut", "VPH1234567890"),
        ("punctuation", "VPH1234567890-vien-phi/;(.1)"),
        ("spaced", "VPH1 2345 6789 0 vi en p hi"),
    ],
)
def test_memo_arrives_as_banks_mangle_it(order, shape, memo):
    [made] = order(memo="VPH1234567890 viện phí", mangle=shape)["transfers"]

    assert made["memo"] == memo


def test_twice_is_two_transfers_with_two_references(order):
    first, second = order(times=2)["transfers"]

    assert first["reference"] != second["reference"]
    assert second["balance"] - first["balance"] == 250_000


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"account": "1"}, "account"),
        ({"amount": 0}, "amount"),
        ({"amount": 1.5}, "amount"),
        ({"amount": True}, "amount"),
        ({"memo": "x" * 501}, "memo"),
        ({"mangle": "nonsense"}, "mangle"),
        ({"times": 101}, "times"),
        ({"copies": 0}, "copies"),
        ({"deliver": "mail"}, "deliver"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_order_that_cannot_be_done_is_refused_by_name(bank, branch, fields, named):
    asked = {"account": ACCOUNT, "amount": 1, "memo": ""} | fields

    answer = bank.post("/sandbox/transfers", json=asked)

    assert (answer.status_code, answer.json()["field"]) == (422, named)
    assert not branch.bank.transfers()
