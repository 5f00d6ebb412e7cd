"""The finance pages, opened by an accountant of a furnished hospital."""

from __future__ import annotations

import pytest
from flask import Flask

from payments.identity.permissions import Role
from payments.runtime import Runtime
from tests.support.hospital import Hospital
from tests.support.web import Browser, add_user, house


@pytest.fixture
def app(runtime: Runtime) -> Flask:
    return house(runtime)


def signed_in(app: Flask, hospital: Hospital, role: Role) -> Browser:
    browser = Browser(app.test_client())
    browser.sign_in(add_user(hospital.runtime, hospital.scope, role))
    return browser


@pytest.fixture
def accountant(app: Flask, hospital: Hospital) -> Browser:
    return signed_in(app, hospital, Role.ACCOUNTANT)


@pytest.fixture
def chief(app: Flask, hospital: Hospital) -> Browser:
    return signed_in(app, hospital, Role.CHIEF_ACCOUNTANT)


@pytest.fixture
def auditor(app: Flask, hospital: Hospital) -> Browser:
    return signed_in(app, hospital, Role.AUDITOR)
