"""Writing payment codes: what is asked is what a payer's bank will read."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.kernel.errors import InvalidField
from payments.kernel.money import vnd
from payments.qr import tlv
from payments.qr.banks import Bank, Banks
from payments.qr.emv import Service
from payments.qr.parsing import parse
from payments.qr.vietqr import BuildRequest, build, clean
from payments.words.explaining import sentence

EXAMPLE = BuildRequest(
    bin="970436", account="0071000123456", amount=vnd(150_000), purpose="VP26000001"
)
MERCHANT = replace(
    EXAMPLE,
    service=Service.MERCHANT,
    mcc="8062",
    merchant_name="Bệnh viện Thử",
    merchant_city="Hà Nội",
)

TEXTS = st.text(st.characters(codec=None) | st.sampled_from("ĐđƯưNguyễn 0129.-"), max_size=60)
KEYS = st.text("ABCXYZ0189-.", max_size=16)
REQUESTS = st.builds(
    BuildRequest,
    bin=st.from_regex("[0-9]{6}", fullmatch=True),
    account=st.from_regex("[A-Za-z0-9]{1,19}", fullmatch=True),
    amount=st.none() | st.integers(1, 499_999_999).map(vnd),
    purpose=TEXTS.map("VPH000000000 {}".format),
    bill_number=KEYS,
    store_label=KEYS,
    terminal=KEYS,
    merchant_name=TEXTS,
    merchant_city=TEXTS,
    mcc=st.just("") | st.from_regex("[0-9]{4}", fullmatch=True),
)


def test_worked_example_of_the_specification() -> None:
    assert build(EXAMPLE) == (
        "00020101021238570010A00000072701270006970436011300710001234560208QRIBFTTA"
        "530370454061500005802VN62140810VP26000001630415CB"
    )


def test_objects_stand_in_the_order_of_the_standard() -> None:
    text = build(
        replace(MERCHANT, bill_number="B1", store_label="S1", terminal="T1", reference="R1")
    )

    root = tlv.read(text)
    assert list(root) == ["00", "01", "38", "52", "53", "54", "58", "59", "60", "62", "63"]
    assert list(tlv.read(root["62"])) == ["01", "03", "05", "07", "08"]


@given(REQUESTS)
def test_what_is_built_reads_back_as_asked(request: BuildRequest) -> None:
    result = parse(build(request))

    assert (result.valid, result.warnings) == (True, [])
    parsed: dict[str, Any] = dict(result.parsed or {})
    assert (parsed["bin"], parsed["account"]) == (request.bin, request.account)
    assert parsed.get("amount") == (request.amount.dong if request.amount else None)
    assert parsed["poi"] == ("dynamic" if request.amount else "static")
    assert parsed["service"] == "QRIBFTTA"
    assert parsed["purpose"].split()[0] == "VPH000000000"
    assert clean(request.purpose).startswith(parsed["purpose"])
    assert parsed.get("mcc", "") == request.mcc
    for name in ("bill_number", "store_label", "terminal"):
        assert parsed.get(name, "") == getattr(request, name)
    assert clean(request.merchant_name).startswith(parsed.get("merchant_name", ""))
    assert clean(request.merchant_city).startswith(parsed.get("merchant_city", ""))


@given(TEXTS)
def test_clean_text_is_what_a_bank_carries_and_stays_so(text: str) -> None:
    cleaned = clean(text)

    assert re.fullmatch("[A-Z0-9 .-]*", cleaned)
    assert "  " not in cleaned
    assert cleaned == cleaned.strip() == clean(cleaned)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Đặng Thị Thử", "DANG THI THU"),
        ("viện phí: VP-1.2", "VIEN PHI VP-1.2"),
        ("Nguye\u0302\u0303n  Va\u0306n  Thu\u031b\u0309", "NGUYEN VAN THU"),
        ("a/b\\c_d", "ABCD"),
        ("北京 ***", ""),
    ],
)
def test_text_is_reduced_to_plain_capitals(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_code_without_amount_is_static_and_needs_no_note() -> None:
    parsed = parse(build(replace(EXAMPLE, amount=None, purpose=""))).parsed

    assert parsed is not None
    assert parsed["poi"] == "static"
    assert "amount" not in parsed
    assert "purpose" not in parsed


def test_note_is_cut_behind_the_code_and_never_in_it() -> None:
    parsed = parse(build(replace(EXAMPLE, purpose="VPH8K3M2Q7XA nguyen van thu vien phi"))).parsed

    assert parsed is not None
    assert parsed["purpose"] == "VPH8K3M2Q7XA NGUYEN VAN T"
    with pytest.raises(InvalidField) as caught:
        build(replace(EXAMPLE, purpose="V" * 26))
    assert caught.value.field == "purpose"


def test_note_that_would_lose_its_bill_number_is_refused() -> None:
    with pytest.raises(InvalidField) as caught:
        build(replace(EXAMPLE, bill_number="VP26000001", purpose="VIEN PHI NGOAI TRU VP26000001"))
    assert caught.value.field == "purpose"


def test_account_keeps_its_case() -> None:
    assert "VQRQ0001uig8k" in build(replace(EXAMPLE, account="VQRQ0001uig8k"))


def test_merchant_code_may_exceed_the_limit_of_transfers() -> None:
    parsed = parse(build(replace(MERCHANT, amount=vnd(9_999_999_999_999)))).parsed

    assert parsed is not None
    assert (parsed["service"], parsed["amount"]) == ("QRPUSH", 9_999_999_999_999)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"bin": "97043"}, "bin"),
        ({"bin": "97043６"}, "bin"),
        ({"bin": "970436\n"}, "bin"),
        ({"account": ""}, "account"),
        ({"account": "1" * 20}, "account"),
        ({"account": "12 34"}, "account"),
        ({"account": "12đ4"}, "account"),
        ({"amount": vnd(0)}, "amount"),
        ({"amount": vnd(-1)}, "amount"),
        ({"amount": vnd(500_000_000)}, "amount"),
        ({"purpose": ""}, "purpose"),
        ({"purpose": "***"}, "purpose"),
        ({"mcc": "806"}, "mcc"),
        ({"bill_number": "B" * 26}, "bill_number"),
        ({"reference": "B" * 26}, "reference"),
        ({"service": Service.MERCHANT}, "mcc"),
        ({"service": Service.MERCHANT, "mcc": "8062"}, "merchant_name"),
        (
            dict.fromkeys(("bill_number", "store_label", "reference", "terminal"), "B" * 25),
            "payload",
        ),
    ],
)
def test_wrong_input_is_refused_by_the_name_of_its_field(
    change: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidField) as caught:
        build(replace(EXAMPLE, **change))

    assert caught.value.field == field


def test_amount_above_the_limit_of_a_transfer_says_so() -> None:
    with pytest.raises(InvalidField) as caught:
        build(replace(EXAMPLE, amount=vnd(500_000_000)))

    said = sentence(caught.value, "en")
    assert "E_AMOUNT_LIMIT" in said
    assert "499.999.999" in said


def test_bank_is_asked_for_only_when_a_table_is_given() -> None:
    unknown = replace(EXAMPLE, bin="123456")

    assert parse(build(unknown)).valid
    with pytest.raises(InvalidField) as caught:
        build(unknown, Banks.bundled())
    assert caught.value.field == "bin"


@pytest.mark.parametrize("receives", [False, None])
def test_bank_that_is_not_known_to_receive_is_refused(receives: bool | None) -> None:
    banks = Banks({"970436": Bank("970436", "Thử", "Ngân hàng Thử", receives=receives)})

    with pytest.raises(InvalidField) as caught:
        build(EXAMPLE, banks)
    assert caught.value.field == "bin"


def test_trial_bank_can_be_written() -> None:
    assert parse(build(replace(EXAMPLE, bin="999999"), Banks.bundled())).valid
