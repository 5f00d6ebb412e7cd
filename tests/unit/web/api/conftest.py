"""A program with a token, in a furnished hospital, over both databases."""

from __future__ import annotations

import pytest
from flask import Flask

from payments.runtime import Runtime
from tests.support.hospital import Hospital
from tests.support.program import Program, new_token


@pytest.fixture
def program(app: Flask, runtime: Runtime, hospital: Hospital) -> Program:
    """A program of the hospital whose token has every scope."""
    return Program(app.test_client(), new_token(runtime, hospital.scope))
