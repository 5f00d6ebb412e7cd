"""Reading payment codes: vectors from outside, every rule, and texts that nobody thought of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.qr.parsing import ParseResult, parse
from payments.qr.tlv import crc16

VECTORS = json.loads(
    (Path(__file__).parents[2] / "vectors" / "vietqr.json").read_text(encoding="utf-8")
)
BASELINE = (
    "00020101021238570010A00000072701270006970436011300710001234560208QRIBFTTA"
    "530370454061500005802VN62140810VP26000001630415CB"
)
NAPAS = "38570010A00000072701270006970436011300710001234560208QRIBFTTA"
VNPAY = "26280010A00000077501100107003437"


def sealed(*objects: str) -> str:
    """Close the objects with a right checksum, so that only the rule at hand can fail."""
    text = "".join(objects) + "6304"
    return f"{text}{crc16(text.encode('utf-8', 'surrogatepass')):04X}"


def napas(*rest: str, account: str = NAPAS, initiation: str = "010211") -> str:
    return sealed("000201", initiation, account, "5303704", "5802VN", *rest)


def vnpay(*rest: str, account: str = VNPAY, head: str = "010211") -> str:
    return sealed(
        "000201", head, account, "52048062", "5303704", "5802VN", "5902VT", "6003HCM", *rest
    )


def other(*rest: str, currency: str = "5303156", country: str = "5802CN") -> str:
    return sealed("000201", "0210ABCDEF1234", currency, country, *rest)


def template(object_id: str, *objects: str) -> str:
    value = "".join(objects)
    return f"{object_id}{len(value):02d}{value}"


def account_38(bin_number: str, account: str, service: str) -> str:
    beneficiary = template("01", template("00", bin_number), template("01", account))
    return template("38", "0010A000000727", beneficiary, template("02", service))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_vector(vector: dict[str, Any]) -> None:
    result = asdict(parse(vector["payload"]))

    assert result == {key: vector[key] for key in ("valid", "error", "warnings", "parsed")}


def test_all_vectors_are_there() -> None:
    assert len(VECTORS) == 68


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (" \ufeff\t \ufeff\r\n", "E_EMPTY"),
        ("]Q1", "E_EMPTY"),
        ("]Q1 " + BASELINE, "E_NOT_EMV"),
        ("]Qx" + BASELINE, "E_NOT_EMV"),
        ("]Q1]Q1" + BASELINE, "E_NOT_EMV"),
        ("0" * 513, "E_TOO_LONG"),
        ("0" * 512, "E_CRC_MISSING"),
        ("00\x7f", "E_CHARSET"),
        ("00\x85x", "E_CHARSET"),
        ("00\u2067x", "E_CHARSET"),
        ("00\ufeffx", "E_CHARSET"),
        ("00\ud800x", "E_CHARSET"),
        ("xx\ud800x", "E_CHARSET"),
        ("00\u200cx", "E_CRC_MISSING"),
        (BASELINE[:-4] + "15C", "E_CRC_MISSING"),
        (BASELINE[:-4] + "１5CB", "E_CRC_FORMAT"),
        (BASELINE[:-4] + "+5CB", "E_CRC_FORMAT"),
        (BASELINE[:-4] + "15CC", "E_CRC_MISMATCH"),
        (sealed("00020100"), "E_TRUNCATED:root"),
        (sealed("000201", "5304ABCD", "0A"), "E_TLV_HEADER:root"),
        (sealed("000201", "5912ABCD"), "E_CRC_MISSING"),
        (sealed("000201", "6304ABCD"), "E_DUPLICATE:63"),
        (sealed("000201", "000201"), "E_DUPLICATE:00"),
        (sealed("0000", NAPAS), "E_VALUE:00"),
        (sealed("000202"), "E_VALUE:00"),
        (napas(account="38160010A0000007270x"), "E_TRUNCATED:38"),
        (napas(account="38180010A000000727xx01"), "E_TLV_HEADER:38"),
        (napas(account="38280010A0000007270010A000000727"), "E_DUPLICATE:38-00"),
        (vnpay(account="26160010A0000007750x"), "E_TRUNCATED:26"),
        (sealed("000201", "5303704", "5802VN"), "E_MISSING:MAI"),
        (sealed("000201", "0200", "5303704", "5802VN"), "E_MISSING:MAI"),
        (sealed("000201", NAPAS), "E_MISSING:01"),
        (sealed("000201", "010211", NAPAS), "E_MISSING:53"),
        (sealed("000201", "010211", NAPAS, "5300"), "E_MISSING:58"),
        (sealed("000201", "010211", NAPAS, "5300", "5802VN"), "E_VALUE:53"),
        (sealed("000201", "010211", NAPAS, "5303704", "5800"), "E_VALUE:58"),
        (napas(initiation="0100"), "E_VALUE:01"),
        (napas(initiation="010210"), "E_VALUE:01"),
        (vnpay(head="010299"), "E_VALUE:01"),
        (napas(account=template("38", "0010A000000727", "0208QRIBFTTA")), "E_MISSING:38-01"),
        (napas(account=template("38", "0010A000000727", "0100")), "E_MISSING:38-01"),
        (napas(account=template("38", "0010A000000727", "01030AB")), "E_TRUNCATED:38-01"),
        (napas(account=template("38", "0010A000000727", "0104AB01")), "E_TLV_HEADER:38-01"),
        (napas(account=template("38", "0010A000000727", "011000019900019")), "E_TRUNCATED:38"),
        (
            napas(account=template("38", "0010A000000727", template("01", "0001900018"))),
            "E_DUPLICATE:38-01-00",
        ),
        (
            napas(account=template("38", "0010A000000727", template("01", "0103123"))),
            "E_MISSING:38-01-00",
        ),
        (
            napas(account=template("38", "0010A000000727", template("01", "0006970436"))),
            "E_MISSING:38-01-01",
        ),
        (
            napas(account=template("38", "0010A000000727", template("01", "0000", "01011"))),
            "E_VALUE:38-01-00",
        ),
        (
            napas(account=template("38", "0010A000000727", template("01", "0006970436", "0100"))),
            "E_VALUE:38-01-01",
        ),
        (napas(account=account_38("97043６", "1", "QRIBFTTA")), "E_VALUE:38-01-00"),
        (napas(account=account_38("970436", "12 34", "QRIBFTTA")), "E_VALUE:38-01-01"),
        (napas(account=account_38("970436", "123", "QRIBFTTX")), "E_VALUE:38-02"),
        (napas(account=account_38("970436", "12 34", "QRIBFTTX")), "E_VALUE:38-01-01"),
        (napas(account=account_38("970436", "A" * 16, "QRIBFTTC")), "E_VALUE:38-01-01"),
        (vnpay(account=template("26", "0010A000000775")), "E_MISSING:26-01"),
        (vnpay(account=template("26", "0010A000000775", "0100")), "E_MISSING:26-01"),
        (other(currency="53027A"), "E_VALUE:53"),
        (other(country="5802cn"), "E_VALUE:58"),
        (napas("5203806"), "E_VALUE:52"),
        (napas("5404806２"), "E_VALUE:54"),
        (napas("540200"), "E_VALUE:54"),
        (napas("54040.00"), "E_VALUE:54"),
        (napas("5402.5"), "E_VALUE:54"),
        (napas("5402-5"), "E_VALUE:54"),
        (napas("5402 5"), "E_VALUE:54"),
        (napas("541412345678901234"), "E_VALUE:54"),
        (other("54040.00"), "E_VALUE:54"),
        (napas("550204"), "E_VALUE:55"),
        (napas("550202"), "E_TIP"),
        (napas("550201", "560210"), "E_TIP"),
        (napas("560210"), "E_TIP"),
        (napas("550203", "57011", "56011"), "E_TIP"),
        (napas("6203080"), "E_TRUNCATED:62"),
        (napas("62050x01A"), "E_TLV_HEADER:62"),
        (napas("62100101A0101B"), "E_DUPLICATE:62-01"),
        (napas("6403000"), "E_TRUNCATED:64"),
        (napas("64050x01A"), "E_TLV_HEADER:64"),
        (napas("64100001A0001B"), "E_DUPLICATE:64-00"),
        (napas("6403000", "62050x01A"), "E_TLV_HEADER:62"),
    ],
)
def test_first_broken_rule_is_the_answer(text: str, error: str) -> None:
    result = parse(text)

    assert result == ParseResult(False, error, [], None)


@pytest.mark.parametrize(
    ("text", "warnings"),
    [
        (napas(), []),
        (napas("5406150000"), ["W_STATIC_WITH_AMOUNT"]),
        (napas(initiation="010212"), ["W_DYNAMIC_WITHOUT_AMOUNT"]),
        (napas("540500100", initiation="010212"), ["W_AMOUNT_FORMAT"]),
        (napas("540310.", initiation="010212"), ["W_AMOUNT_FORMAT"]),
        (napas("5409499999999", initiation="010212"), []),
        (napas("5409500000000", initiation="010212"), ["W_AMOUNT_OVER_LIMIT"]),
        (napas("5400", initiation="010212"), ["W_DYNAMIC_WITHOUT_AMOUNT", "W_ZERO_LENGTH"]),
        (napas("5200", "6200", "6400"), ["W_ZERO_LENGTH"]),
        (napas("62090800" + "0101A"), ["W_ZERO_LENGTH"]),
        (napas("64040100"), ["W_ZERO_LENGTH"]),
        (napas(account=account_38("970436", "1", "")), ["W_SERVICE_MISSING", "W_ZERO_LENGTH"]),
        (napas(account=account_38("970436", "1", "QRPUSH")), ["W_EMV_FIELD_MISSING"]),
        (napas(account=account_38("970436", "1", "QRCASH")), ["W_EMV_FIELD_MISSING"]),
        (napas(account=account_38("970436", "1" * 16, "QRIBFTTC")), []),
        (
            napas(
                "5409500000000", account=account_38("970436", "1", "QRPUSH"), initiation="010212"
            ),
            ["W_EMV_FIELD_MISSING"],
        ),
        (napas(template("59", "A" * 26)), ["W_FIELD_TOO_LONG"]),
        (napas(template("60", "A" * 16)), ["W_FIELD_TOO_LONG"]),
        (napas(template("61", "A" * 11)), ["W_FIELD_TOO_LONG"]),
        (napas(template("62", template("08", "A" * 26))), ["W_FIELD_TOO_LONG"]),
        (napas(template("62", template("09", "AMEA"))), ["W_FIELD_TOO_LONG"]),
        (napas(template("62", template("50", "A" * 80))), []),
        (napas(template("59", "đ" * 25)), ["W_NON_ASCII"]),
        (napas()[:-4] + napas()[-4:].lower(), ["W_CRC_LOWERCASE"]),
        (vnpay(), []),
        (vnpay(head="0100"), ["W_ZERO_LENGTH"]),
        (vnpay("5403100", head="010211"), ["W_STATIC_WITH_AMOUNT"]),
        (vnpay("5409500000000", head="010212"), []),
        (other("5405100.5"), ["W_EMV_FIELD_MISSING"]),
        (other("540500.50", currency="5303156"), ["W_EMV_FIELD_MISSING"]),
        (
            sealed("000201", "010212", "02011", "5303840", "5802US"),
            ["W_EMV_FIELD_MISSING"],
        ),
    ],
)
def test_what_is_odd_and_not_wrong_is_warned_of(text: str, warnings: list[str]) -> None:
    result = parse(text)

    assert (result.error, result.warnings) == (None, warnings)


def test_schemes_are_told_apart_by_the_whole_identifier() -> None:
    hidden = template("38", "0011A0000007271", template("01", "0006970436", "01011"))
    both = sealed("000201", "010211", VNPAY, NAPAS, "5303704", "5802VN")

    assert fields(parse(sealed("000201", hidden, "5303704", "5802VN")))["scheme"] == "other"
    assert fields(parse(both))["scheme"] == "napas"


def test_fields_of_empty_objects_and_unknown_templates_are_absent() -> None:
    parsed = fields(parse(napas("5200", "5900", "6200", "640503011", "6500", "7003abc")))

    assert parsed == {
        "scheme": "napas",
        "poi": "static",
        "bin": "970436",
        "account": "0071000123456",
        "service": "QRIBFTTA",
        "currency": "704",
        "country": "VN",
        "other": {"70": "abc"},
        "crc": parsed["crc"],
    }


def test_scheme_without_initiation_says_so() -> None:
    parsed = fields(parse(other()))

    assert parsed["poi"] is None
    assert parsed["mai"] == {"02": "ABCDEF1234"}
    assert "amount" not in parsed


def test_amount_of_another_currency_stays_text() -> None:
    assert fields(parse(other("540500.50")))["amount_text"] == "00.50"
    assert fields(parse(napas("540850000.00")))["amount"] == 50_000


def fields(result: ParseResult) -> dict[str, Any]:
    assert result.parsed is not None, result
    return dict(result.parsed)


@given(st.text(alphabet=st.characters(codec=None), max_size=600))
def test_any_text_gets_an_answer(text: str) -> None:
    assert_consistent(parse(text))


@given(st.lists(st.sampled_from([*"0123456789", "00", "02", "A000000727", "é", "\ud800"])))
def test_any_text_with_a_right_checksum_gets_an_answer(parts: list[str]) -> None:
    assert_consistent(parse(sealed("000201", *parts)))


@given(st.dictionaries(st.integers(2, 99).map("{:02d}".format), st.text("0123A", max_size=20)))
def test_any_objects_get_an_answer(objects: dict[str, str]) -> None:
    objects.pop("63", None)
    written = [template(*item) for item in objects.items()]

    assert_consistent(parse(sealed("000201", *written)))
    assert_consistent(
        parse(napas(*(text for text in written if text[:2] not in ("38", "53", "58"))))
    )


def assert_consistent(result: ParseResult) -> None:
    assert result.valid is (result.error is None) is (result.parsed is not None)
    assert result.warnings == sorted(set(result.warnings))
    assert result.valid or not result.warnings


REPLACEMENTS = [chr(code) for code in range(0x20, 0x7F)]


@pytest.mark.parametrize("text", [BASELINE, vnpay("5403100", head="010212")])
def test_no_single_edit_changes_what_is_read(text: str) -> None:
    """
    A burst of 16 bits is always seen by the checksum; an inserted or lost one by the lengths.

    What passes reads the same: white space around the code, and the checksum in small letters.
    """
    original = parse(text)
    for edited in single_edits(text):
        result = parse(edited)
        assert not result.valid or result.parsed == original.parsed, edited
        if result.valid and result.warnings != original.warnings:
            assert result.warnings == [*original.warnings, "W_CRC_LOWERCASE"]


def single_edits(text: str) -> Iterator[str]:
    """Copies of *text* with one character changed, inserted, lost, or swapped with the next."""
    for at in range(len(text) + 1):
        for char in REPLACEMENTS:
            yield text[:at] + char + text[at:]
            yield text[:at] + char + text[at + 1 :]
        yield text[:at] + text[at + 1 :]
        yield text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]


@given(st.integers(0, len(BASELINE) - 1), st.characters(codec=None))
def test_no_foreign_character_changes_what_is_read_without_a_warning(at: int, char: str) -> None:
    result = parse(BASELINE[:at] + char + BASELINE[at + 1 :])

    assert (
        not result.valid
        or result.parsed == parse(BASELINE).parsed
        or "W_NON_ASCII" in result.warnings
    )
