"""
Whatever a program sends, the answer is one that the document promises, and never our failure.

The requests are made from the OpenAPI document, right ones and wrong ones. A longer run:
``VIENPHI_TEST_API_EXAMPLES=1000 pytest -n0 tests/unit/web/api/test_fuzzing.py``
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
)

from payments.app import create_app
from payments.kernel.clock import FrozenClock
from payments.kernel.scope import Scope
from payments.keys import Keys
from payments.runtime import Runtime
from payments.web.api.document import document, install
from tests.conftest import MORNING, OURS
from tests.support.databases import fresh_sqlite, in_memory
from tests.support.hospital import Hospital
from tests.support.program import new_token
from tests.unit.web.conftest import GATEWAYS, SETTINGS

EXAMPLES = int(os.environ.get("VIENPHI_TEST_API_EXAMPLES", "10"))
QUIET = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES < 100,
    database=None,
    suppress_health_check=list(HealthCheck),
)
#: A schema cannot say which services are sold today, nor that a reason is more than blanks; OPTIONS
#: and TRACE of the library's own are asked in test_limits.
NOT_SAID = [positive_data_acceptance]


def _document() -> dict[str, Any]:
    """Give the document alone, from which the tests are made before there is a hospital."""
    app = Flask("document")
    install(app)
    with app.app_context():
        return document()


fuzzing = schemathesis.openapi.from_dict(_document())


@dataclass(frozen=True)
class Stage:
    app: Flask
    token: str
    hospital: Hospital
    known: dict[str, list[str]]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, keys: Keys) -> Iterator[Stage]:
    """A hospital with invoices, codes and a payment, that all requests of this module share."""
    clock = FrozenClock(MORNING)
    folder = tmp_path_factory.mktemp("fuzz")
    with in_memory(folder) as place:
        database = fresh_sqlite(place / "vienphi.db", clock)
        yield from _stage(Runtime(SETTINGS, database, GATEWAYS, clock, keys))
        database.close()


def _stage(runtime: Runtime) -> Iterator[Stage]:
    scope = Scope(OURS, "user:test", "request-test")
    hospital = Hospital(runtime, scope)
    invoices = [hospital.issue() for _ in range(8)]
    codes = [hospital.show(invoice) for invoice in invoices[:4]]
    hospital.arrive(hospital.transfer(codes[0].code, codes[0].amount))
    hospital.work()
    payments = [str(payment.id) for payment in hospital.payments(invoices[0])]
    known = {
        "invoice_id": [str(invoice) for invoice in invoices],
        "code_id": [str(code.id) for code in codes],
        "payment_id": payments,
    }
    yield Stage(create_app(runtime), new_token(runtime, scope), hospital, known)
    hospital.assert_balanced()


@fuzzing.parametrize()
@QUIET
def test_no_request_makes_us_fail_or_answer_what_is_not_said(case: Case, stage: Stage) -> None:
    # What is not sent cannot be refused: an extra argument without a value leaves no trace.
    vanishes = any(value in ([], {}, None) for value in (case.query or {}).values())
    _ask(case, stage, [*NOT_SAID, *([negative_data_rejection] if vanishes else [])])


@fuzzing.parametrize()
@QUIET
def test_requests_about_what_exists_are_answered_as_is_said(case: Case, stage: Stage) -> None:
    for name, values in stage.known.items():
        if name in (case.path_parameters or {}):
            case.path_parameters[name] = values[len(repr(case.body)) % len(values)]

    # The address was put right, so what was made wrong in it is not wrong any more.
    _ask(case, stage, [*NOT_SAID, negative_data_rejection])


def _ask(case: Case, stage: Stage, excluded: list[Any]) -> None:
    # Some checks ask again by themselves, without a token, and take the application from here.
    case.operation.app = case.operation.schema.app = stage.app
    headers = {"Authorization": f"Bearer {stage.token}"}
    case.call_and_validate(headers=headers, excluded_checks=excluded)


def test_the_document_is_openapi_3_1(stage: Stage) -> None:
    told = stage.app.test_client().get("/api/v1/openapi.json").get_json()

    assert told["openapi"] == "3.1.0"
    assert len(told["paths"]) >= 12
