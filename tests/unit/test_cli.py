"""The command line starts fast: a command loads what it needs, and the help tells of all."""

from __future__ import annotations

import argparse
import subprocess
import sys
from importlib import import_module
from typing import Any

import pytest

from payments import cli


def names_of(module: str) -> set[str]:
    """List the commands that *module* brings."""
    subparsers: Any = argparse.ArgumentParser().add_subparsers()
    import_module(module).add_commands(subparsers)
    return set(subparsers.choices)


@pytest.mark.parametrize("module", sorted(set(cli.COMMANDS.values())))
def test_a_module_brings_the_commands_that_it_is_listed_for(module: str) -> None:
    assert names_of(module) == {name for name, of in cli.COMMANDS.items() if of == module}


def test_the_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])

    told = capsys.readouterr().out
    # What is longer than its column stands on a line of its own.
    listed = {
        line.split()[0] for line in told.splitlines() if line[:5].strip() and line[:4] == "    "
    }
    assert listed >= {*cli.COMMANDS, "worker"}


def test_an_unknown_command_is_answered_with_all_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        cli.main(["reconsile"])

    assert "reconcile" in capsys.readouterr().err


def test_comparing_files_loads_neither_web_nor_database() -> None:
    program = (
        "import sys; from payments import cli; cli._parser(cli._modules(['reconcile']));"
        "print([one for one in ('flask', 'sqlalchemy', 'openpyxl', 'structlog', 'lxml')"
        " if one in sys.modules])"
    )

    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert told.stdout.strip() == "[]", told.stderr
