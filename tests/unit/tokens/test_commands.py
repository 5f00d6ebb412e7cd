"""``vienphi token``: the text is printed once; what is listed opens nothing."""

from __future__ import annotations

import argparse

import pytest

from payments.kernel.errors import InvalidField
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.tokens import commands, service
from payments.tokens.model import NotAdmitted


def vienphi(runtime: Runtime, scope: Scope, *words: str) -> int:
    parser = argparse.ArgumentParser()
    commands.add_commands(parser.add_subparsers())
    args = parser.parse_args(["token", *words])
    return int(args.run_with(runtime, scope, args))


def test_token_is_made_listed_and_revoked(
    runtime: Runtime, scope: Scope, capsys: pytest.CaptureFixture[str]
) -> None:
    vienphi(runtime, scope, "new", "HIS", "--scope", "invoices:read", "--scope", "events:read")
    text = capsys.readouterr().out.strip()
    token = service.admit(runtime, scope, text)

    vienphi(runtime, scope, "list")
    listed = capsys.readouterr().out
    vienphi(runtime, scope, "revoke", str(token.id))

    assert sorted(token.scopes) == ["events:read", "invoices:read"]
    assert str(token.id) in listed
    assert "HIS  events:read invoices:read" in listed
    assert text[41:] not in listed
    with pytest.raises(NotAdmitted):
        service.admit(runtime, scope, text)
    vienphi(runtime, scope, "list")
    assert "revoked" in capsys.readouterr().out


def test_wrong_id_is_named(runtime: Runtime, scope: Scope) -> None:
    with pytest.raises(InvalidField, match="token_id"):
        vienphi(runtime, scope, "revoke", "nonsense")


def test_unknown_scope_is_refused_with_the_known_ones(
    runtime: Runtime, scope: Scope, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        vienphi(runtime, scope, "new", "HIS", "--scope", "all")

    assert "invoices:read" in capsys.readouterr().err
