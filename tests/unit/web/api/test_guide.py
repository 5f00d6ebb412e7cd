"""The examples of docs/api.md work as they are written."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from payments.runtime import Runtime
from payments.tokens.model import TokenScope
from tests.support.hospital import Hospital
from tests.support.program import new_token
from tests.unit.web.api.test_access import SCOPES

GUIDE = Path(__file__).resolve().parents[4] / "docs" / "api.md"
_BLOCK = re.compile(r"```(curl|json)\n(.*?)```", re.DOTALL)
#: Stands for what is another in each run.
ANY = "…"


@dataclass
class Shell:
    """Runs curl's few options that the guide uses, with its variables."""

    app: Flask
    variables: dict[str, str]

    def run(self, command: str) -> TestResponse:
        for name, value in self.variables.items():
            command = command.replace(f"${name}", value)
        words = shlex.split(command)
        assert words.pop(0) == "curl"
        method, headers, body, address = "GET", {}, None, ""
        while words:
            match words.pop(0):
                case "-X":
                    method = words.pop(0)
                case "-H":
                    name, _, value = words.pop(0).partition(": ")
                    headers[name] = value
                case "-d":
                    body = words.pop(0).encode()
                case word:
                    assert (address, word[:1]) != ("", "-"), word
                    address = word
        return self.app.test_client().open(address, method=method, headers=headers, data=body)


def same(told: Any, expected: Any, where: str = "$") -> None:
    """Compare an answer with the guide's, field by field."""
    if expected == ANY:
        assert isinstance(told, str), where
        assert told, where
    elif isinstance(expected, dict):
        assert isinstance(told, dict), where
        assert set(told) == set(expected), where
        for name in expected:
            same(told[name], expected[name], f"{where}.{name}")
    elif isinstance(expected, list):
        assert len(told) == len(expected), where
        for index, one in enumerate(expected):
            same(told[index], one, f"{where}[{index}]")
    else:
        assert told == expected, where


def test_examples_of_the_guide_work_in_their_order(
    app: Flask, runtime: Runtime, hospital: Hospital
) -> None:
    shell = Shell(
        app, {"VIENPHI": "", "TOKEN": new_token(runtime, hospital.scope), "INVOICE": "unknown"}
    )
    answer: TestResponse | None = None
    compared = 0
    for kind, text in _BLOCK.findall(GUIDE.read_text(encoding="utf-8")):
        if kind == "json":
            assert answer is not None
            same(answer.get_json(), json.loads(text))
            compared += 1
            continue
        for command in re.split(r"\n(?=curl )", text.strip()):
            answer = shell.run(command.replace("\\\n", " "))
            is_failure = "2026-000124" in command
            assert (answer.status_code < 300) != is_failure, answer.get_data(as_text=True)
            told = answer.get_json()
            if "issued_at" in told:
                shell.variables["INVOICE"] = told["id"]
    assert compared == 5


def test_table_of_scopes_in_the_guide_is_complete() -> None:
    text = GUIDE.read_text(encoding="utf-8")

    rows = set(re.findall(r"^\| `([a-z]+:[a-z]+)` \|", text, re.MULTILINE))

    assert rows == set(SCOPES.values())
    assert rows <= {scope.value for scope in TokenScope}
