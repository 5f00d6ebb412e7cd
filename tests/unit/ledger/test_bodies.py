"""Vectors that are never changed: a seal of today verifies in ten years, on either database."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.ledger import bodies
from payments.ledger.bodies import BODY_VERSIONS, Body, canonical_json, chained, genesis

TXN: dict[str, Any] = {
    "facility_id": 99001,
    "id": "01a20c1d-90d9-71c5-94e4-2dcbcddc8f6c",
    "idem_key": "bank:0011004:FT1",
    "fingerprint": "11" * 32,
    "kind": "pay.bank",
    "posting_count": 1,
    "effective_at": "2026-11-24T00:30:00.000000Z",
    "booked_on": "2026-11-24",
    "period_id": 20261124,
    "created_at": "2026-11-24T00:30:01.500000Z",
    "actor_id": "channel:vcb",
    "source": "webhook",
    "request_id": "r1",
    "reverses_id": None,
    "reason_code": None,
    "memo": "chuyển khoản",
}
POSTING: dict[str, Any] = {
    "line": 1,
    "posting_count": 1,
    "debit_account_id": 1,
    "credit_account_id": 2,
    "currency": "VND",
    "amount": 150_000,
    "debit_subject_type": "bank_credit",
    "debit_subject_id": "5b0c5f9e-6f0e-5d1e-9c1b-3f8f0a1d2c4b",
    "credit_subject_type": "bank_credit",
    "credit_subject_id": "5b0c5f9e-6f0e-5d1e-9c1b-3f8f0a1d2c4b",
    "department_id": None,
    "debit_account": "1100:0011004",
    "credit_account": "2200",
}
SIDES = ("debit", "credit")
FIRST = (
    '{"actor_id":"channel:vcb","booked_on":"2026-11-24",'
    '"created_at":"2026-11-24T00:30:01.500000Z","effective_at":"2026-11-24T00:30:00.000000Z",'
    '"facility_id":99001,'
    '"fingerprint":"1111111111111111111111111111111111111111111111111111111111111111",'
    '"genesis_at":"2026-11-24T00:31:00.000000Z","genesis_tenant":"99001",'
    '"id":"01a20c1d-90d9-71c5-94e4-2dcbcddc8f6c","idem_key":"bank:0011004:FT1","kind":"pay.bank",'
    '"memo":"chuyển khoản","period_id":20261124,"posting_count":1,"postings":[{"amount":150000,'
    '"credit_account":"2200","credit_account_id":2,'
    '"credit_subject_id":"5b0c5f9e-6f0e-5d1e-9c1b-3f8f0a1d2c4b",'
    '"credit_subject_type":"bank_credit","currency":"VND","debit_account":"1100:0011004",'
    '"debit_account_id":1,"debit_subject_id":"5b0c5f9e-6f0e-5d1e-9c1b-3f8f0a1d2c4b",'
    '"debit_subject_type":"bank_credit","department_id":null,"line":1,"posting_count":1}],'
    '"reason_code":null,"request_id":"r1","reverses_id":null,"source":"webhook"}'
)


def a_body(txn: dict[str, Any], posting: dict[str, Any]) -> Body:
    codes = {posting[f"{side}_account_id"]: posting[f"{side}_account"] for side in SIDES}
    rows = [posting[column] for column in sorted(BODY_VERSIONS[1].posting)]
    return Body(1, [txn[column] for column in sorted(BODY_VERSIONS[1].txn)], [rows], codes)


def test_version_1_writes_this_text_for_ever() -> None:
    body = a_body(TXN, POSTING)

    written = body.canonical(genesis(99001, "2026-11-24T00:31:00.000000Z"))

    assert written.decode() == FIRST


def test_chain_begins_with_zeros_and_goes_on_from_the_last_hash() -> None:
    first = chained(bodies.BEFORE_ALL, FIRST.encode())

    assert first == hashlib.sha256(bytes(32) + FIRST.encode()).digest()
    assert chained(first, b"{}") == hashlib.sha256(first + b"{}").digest()


def test_columns_of_a_version_are_frozen() -> None:
    told = json.dumps([BODY_VERSIONS[1].txn, BODY_VERSIONS[1].posting])

    assert hashlib.sha256(told.encode()).hexdigest() == (
        "d3c875b0a8b62666d1ecbf3399e4dda6dde8eaab327315817a1aceeea55c7a9d"
    )


@given(st.text(max_size=60), st.text(max_size=20), st.integers(1, 10**15))
def test_filled_form_is_the_canonical_json(memo: str, code: str, amount: int) -> None:
    txn, posting = TXN | {"memo": memo}, POSTING | {"amount": amount, "debit_account": code}

    assert a_body(txn, posting).canonical() == canonical_json({**txn, "postings": [posting]})


@pytest.mark.parametrize("column", ["memo", "reason_code", "idem_key"])
@pytest.mark.parametrize("value", ['a"b', "\\", "\n", "\x7f", "\u2028", None, 7, '"', "", "ằ"])
def test_quick_way_writes_what_the_slow_way_writes(column: str, value: Any) -> None:
    txn = TXN | {column: value}

    assert a_body(txn, POSTING).canonical() == canonical_json({**txn, "postings": [POSTING]})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        # RFC 8785, section 3.2.2.2 and appendix: what is escaped, and what is not.
        (
            {"string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/"},
            '{"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
        ),
        ({"b": 1, "a": [True, None, 10**15]}, '{"a":[true,null,1000000000000000],"b":1}'),
        ({"\r": "1", "1": "2", "\u0080": "3", "\u00f6": "4"}, None),
    ],
)
def test_canonical_json_follows_rfc_8785(value: Any, text: str | None) -> None:
    written = canonical_json(value).decode()

    if text is None:
        assert list(json.loads(written)) == ["\r", "1", "\u0080", "\u00f6"]
    else:
        assert written == text
