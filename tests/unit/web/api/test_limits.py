"""What is too large, too deep or no JSON is refused before anything looks at it."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from payments.web.api.reading import DEPTH_MAX, DIGITS_MAX, UnreadableBody, read_json
from payments.web.tokens import BODY_MAX_BYTES
from tests.support.hospital import Hospital
from tests.support.program import PREFIX, Program, order

NOBODY = "00000000-0000-7000-8000-000000000000"


def send(program: Program, body: bytes, content_type: str = "application/json") -> TestResponse:
    headers = {"Authorization": f"Bearer {program.token}", "Idempotency-Key": "k-1"}
    return program.client.post(
        f"{PREFIX}/invoices", data=body, headers=headers, content_type=content_type
    )


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[" * 100_000, 413),
        (b"[" * 60_000, 400),
        (b'{"a":' * 12_000, 400),
        (b"[" * 30_000 + b"]" * 30_000, 400),
        (b'{"lines": ' + b"9" * 1_000_000 + b"}", 413),
        (b'{"lines": ' + b"9" * 60_000 + b"}", 400),
        (b'{"lines": -' + b"9" * 19 + b"}", 400),
        (b'{"lines": 1e' + b"9" * 50_000 + b"}", 422),
        (b'"' + b"\\" * 60_000, 400),
        (b'{"a": NaN}', 400),
        (b'{"a": Infinity}', 400),
        (b'{"patient": 1, "patient": 2}', 400),
        (b'{"lines": [{"service": 1, "service": 2}]}', 400),
        (b'{"lines": [' + b"1," * 31_000 + b"1]}", 400),
        (b'{"lines": [' + b",".join([b"[1,2,3,4,5,6]"] * 180) + b"]}", 400),
        (b"{" + b",".join(b'"k%d": 1' % i for i in range(201)) + b"}", 400),
        (b"", 400),
        (b"{", 400),
        (b"null", 422),
        (b"[]", 422),
        (b'"text"', 422),
        (b"\xef\xbb\xbf{}", 400),
        ('{"name": "é"}'.encode("latin-1"), 400),
        ("{}".encode("utf-16"), 400),
        (b'{"a": "\\u0000"}', 400),
        (b'{"a\\u0000": 1}', 400),
        (b'{"a": "\\ud800"}', 400),
        (b'{"a": [["\\udfff"]]}', 400),
        (b"{} {}", 400),
    ],
)
def test_bombs_and_rubbish_are_refused(
    program: Program, hospital: Hospital, body: bytes, status: int
) -> None:
    answer = send(program, body)

    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert program.get("/invoices").get_json()["items"] == []


def test_largest_body_is_read_and_one_byte_more_is_not(
    program: Program, hospital: Hospital
) -> None:
    body = json.dumps(order()).encode()
    padded = body[:-1] + b" " * (BODY_MAX_BYTES - len(body)) + b"}"

    assert len(padded) == BODY_MAX_BYTES
    assert send(program, padded + b" ").status_code == 413
    assert send(program, padded).status_code == 201


def test_announced_size_is_refused_without_reading(app: Flask, program: Program) -> None:
    body = _Counted(b" " * 100)

    answer = app.test_client().post(
        f"{PREFIX}/invoices",
        input_stream=body,
        headers={"Authorization": f"Bearer {program.token}", "Idempotency-Key": "k-1"},
        content_type="application/json",
        environ_overrides={"CONTENT_LENGTH": str(2 * 1024**3)},
    )

    assert answer.status_code == 413
    assert body.reads == 0


class _Counted(io.BytesIO):
    reads = 0

    def read(self, size: int | None = -1) -> bytes:
        self.reads += 1
        return super().read(size)


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/json",
        "application/problem+json",
    ],
)
def test_body_is_json_and_says_so(program: Program, hospital: Hospital, content_type: str) -> None:
    assert send(program, json.dumps(order()).encode(), content_type).status_code == 415


def test_depth_and_digits_up_to_the_limit_are_read() -> None:
    deep = b"[" * DEPTH_MAX + b"]" * DEPTH_MAX
    long = b"9" * DIGITS_MAX

    assert read_json(deep) is not None
    assert read_json(long) == int(long)
    with pytest.raises(UnreadableBody):
        read_json(b"[" + deep + b"]")
    with pytest.raises(UnreadableBody):
        read_json(long + b"9")


def test_brackets_inside_text_are_no_depth() -> None:
    text = '[{"' * 50 + "\\" * 3

    assert read_json(json.dumps({"a": text}).encode()) == {"a": text}


@pytest.mark.parametrize(
    ("method", "path", "status", "allowed"),
    [
        ("GET", "/nothing", 404, None),
        ("GET", "/", 404, None),
        ("GET", f"/invoices/{NOBODY}", 404, None),
        ("GET", "/invoices/1", 404, None),
        ("GET", "/days/yesterday/statement", 404, None),
        ("GET", "/days/2026-02-30/statement", 404, None),
        ("OPTIONS", "/invoices", 405, "GET, HEAD, POST"),
        ("PUT", "/invoices", 405, "GET, HEAD, POST"),
        ("DELETE", f"/invoices/{NOBODY}", 405, "GET, HEAD"),
        ("TRACE", "/services", 405, "GET, HEAD"),
        ("GET", f"/invoices/{NOBODY}/cancel", 405, "POST"),
    ],
)
def test_what_is_not_there_is_a_problem_document(
    program: Program, method: str, path: str, status: int, allowed: str | None
) -> None:
    answer = program.client.open(
        PREFIX + path, method=method, headers={"Authorization": f"Bearer {program.token}"}
    )

    told = answer.get_json()
    assert (answer.status_code, told["status"]) == (status, status)
    assert answer.content_type == "application/problem+json"
    assert told["instance"] == f"urn:request:{answer.headers['X-Request-ID']}"
    assert answer.headers.get("Allow") == allowed


def test_head_says_what_get_would_say(program: Program, hospital: Hospital) -> None:
    headers = {"Authorization": f"Bearer {program.token}"}
    for path in ("/services", f"/invoices/{NOBODY}", "/nothing"):
        got = program.client.get(PREFIX + path, headers=headers)
        head = program.client.head(PREFIX + path, headers=headers)

        assert (head.status_code, head.content_type) == (got.status_code, got.content_type)
        assert head.get_data() == b""


@pytest.mark.parametrize(
    ("change", "pointers"),
    [
        ({"patient": None}, ["/patient"]),
        ({"lines": []}, ["/lines"]),
        ({"lines": [{"service": "KB01"}] * 101}, ["/lines"]),
        ({"lines": [{"service": "KB01"}, {"service": "NO-SUCH"}]}, ["/lines/1/service"]),
        ({"lines": [{"service": "KB01", "quantity": True}]}, ["/lines/0/quantity"]),
        ({"lines": [{"service": "KB01", "quantity": "1"}]}, ["/lines/0/quantity"]),
        ({"lines": [{"service": "KB01", "quantity": 1.0}]}, ["/lines/0/quantity"]),
        ({"lines": [{"service": "KB01", "quantity": 1000}]}, ["/lines/0/quantity"]),
        ({"lines": [{"service": "KB01", "price": 1}]}, ["/lines/0/price"]),
        ({"total": {"amount": 1, "currency": "VND"}}, ["/total"]),
        ({"a/b~c": 1}, ["/a~1b~0c"]),
    ],
)
def test_wrong_field_is_named_by_its_place(
    program: Program, hospital: Hospital, change: dict[str, Any], pointers: list[str]
) -> None:
    answer = program.post("/invoices", {**order(), **change})

    told = answer.get_json()
    assert answer.status_code == 422
    assert told["type"] == "/problems/invalid-input"
    assert [error["pointer"] for error in told["errors"]] == pointers
    assert all(error["detail"] for error in told["errors"])


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": " "}, "/patient/name"),
        ({"name": "A\nB"}, "/patient/name"),
        ({"name": "A\u202eB"}, "/patient/name"),
        ({"birth_year": 1899}, "/patient/birth_year"),
        ({"birth_year": 2027}, "/patient/birth_year"),
        ({"file_number": "a'--"}, "/patient/file_number"),
    ],
)
def test_wrong_patient_is_named_by_its_place(
    program: Program, hospital: Hospital, change: dict[str, Any], pointer: str
) -> None:
    body = order()
    body["patient"] |= change

    told = program.post("/invoices", body).get_json()

    assert [error["pointer"] for error in told["errors"]] == [pointer]


@pytest.mark.parametrize("amount", [0, -1, 10**15 + 1, 1.5, "1", True, None, {"amount": 1}])
def test_amount_is_whole_dong_of_one_at_least(
    program: Program, hospital: Hospital, amount: object
) -> None:
    part = {"department_code": "KB", "amount": {"amount": amount, "currency": "VND"}}

    answer = program.post(
        f"/invoices/{hospital.issue()}/credit-notes", {"reason": "Giảm giá", "amounts": [part]}
    )

    assert answer.status_code == 422
    pointers = [error["pointer"] for error in answer.get_json()["errors"]]
    assert pointers == ["/amounts/0/amount/amount"]


def test_other_currency_is_refused(program: Program, hospital: Hospital) -> None:
    part = {"department_code": "KB", "amount": {"amount": 1, "currency": "USD"}}

    answer = program.post(
        f"/invoices/{hospital.issue()}/credit-notes", {"reason": "Giảm giá", "amounts": [part]}
    )

    assert [error["pointer"] for error in answer.get_json()["errors"]] == [
        "/amounts/0/amount/currency"
    ]
