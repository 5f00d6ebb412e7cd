"""A signed dossier goes to the portal once, and the number by which it is known there is kept."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Row, select

from payments.claims.commands import add_commands
from payments.claims.rows import DOSSIER_SENDING
from payments.claims.send_commands import explained
from payments.claims.sending import (
    CHECK_IN,
    Dossier,
    DossierSent,
    DossierUnanswered,
    NoPortal,
    send,
)
from payments.external.portal import NoAnswer, Standard, Submitted
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from tests.support.cards import Counter, a_counter
from tests.support.dossiers import SAMPLES

FILE = min(SAMPLES.glob("s1-*.xml"))
DOSSIER = Dossier(FILE.read_bytes(), Standard.QD3176)


def rows(runtime: Runtime, scope: Scope) -> list[Row[Any]]:
    with runtime.database.reading(scope) as tx:
        return list(tx.execute(select(DOSSIER_SENDING).order_by(DOSSIER_SENDING.c.id)))


def bhyt_send(counter: Counter, *arguments: str) -> int:
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers(required=True))
    chosen = parser.parse_args(["bhyt", "send", *arguments])
    return int(chosen.run_with(counter.runtime, counter.scope, chosen))


def test_the_number_of_the_portal_is_kept(runtime: Runtime, scope: Scope) -> None:
    counter = a_counter(runtime, scope)

    told = send(counter.runtime, scope, DOSSIER)

    assert (told.code, told.transaction) == ("200", "GD990000000001")
    [row] = rows(runtime, scope)
    assert (row.state, row.code, row.transaction_no) == ("answered", "200", told.transaction)
    assert (row.size, len(row.file_hash)) == (len(DOSSIER.content), 32)


def test_a_file_that_was_taken_is_not_sent_again(runtime: Runtime, scope: Scope) -> None:
    counter = a_counter(runtime, scope)
    send(counter.runtime, scope, DOSSIER)

    with pytest.raises(DossierSent):
        send(counter.runtime, scope, DOSSIER, is_again=True)

    assert len(counter.sandbox.book.received) == 1


def test_no_answer_is_looked_at_before_it_is_sent_again(runtime: Runtime, scope: Scope) -> None:
    counter = a_counter(runtime, scope)
    counter.turn(down=True)
    with pytest.raises(NoAnswer):
        send(counter.runtime, scope, DOSSIER)
    counter.turn(down=False)

    with pytest.raises(DossierUnanswered):
        send(counter.runtime, scope, DOSSIER)
    assert send(counter.runtime, scope, DOSSIER, is_again=True).code == "200"
    assert [row.state for row in rows(runtime, scope)] == ["sent", "answered"]


def test_what_never_left_may_be_sent_at_once(runtime: Runtime, scope: Scope) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no way", request=request)

    away = a_counter(runtime, scope, httpx.MockTransport(refuse))
    with pytest.raises(NoAnswer):
        send(away.runtime, scope, DOSSIER)

    counter = a_counter(runtime, scope)
    assert send(counter.runtime, scope, DOSSIER).code == "200"
    assert [row.state for row in rows(runtime, scope)] == ["not_sent", "answered"]


def test_a_refused_file_may_be_sent_again(runtime: Runtime, scope: Scope) -> None:
    counter = a_counter(runtime, scope)
    counter.sandbox.book.size_max_bytes = 10
    assert send(counter.runtime, scope, DOSSIER).code == "1001"
    counter.sandbox.book.size_max_bytes = None

    assert send(counter.runtime, scope, DOSSIER).code == "200"


def test_a_check_in_and_a_dossier_are_two_things(runtime: Runtime, scope: Scope) -> None:
    counter = a_counter(runtime, scope)
    content = b"<CHI_TIEU_TRANG_THAI_KCB/>"

    assert send(counter.runtime, scope, Dossier(content, Standard.QD3176, CHECK_IN)).code == "200"
    assert send(counter.runtime, scope, Dossier(content, Standard.QD3176)).code == "201"


def test_without_an_account_nothing_is_sent(runtime: Runtime, scope: Scope) -> None:
    with pytest.raises(NoPortal):
        send(runtime, scope, DOSSIER)

    assert rows(runtime, scope) == []


def test_the_command_says_what_the_reply_means(
    runtime: Runtime, scope: Scope, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    counter = a_counter(runtime, scope)

    assert bhyt_send(counter, str(FILE)) == 0

    told = capfdbinary.readouterr().out.decode()
    assert "200 · Cổng đã tiếp nhận hồ sơ." in told
    assert "mã giao dịch GD990000000001" in told


def test_the_command_does_not_send_what_our_check_refuses(
    runtime: Runtime, scope: Scope, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    counter = a_counter(runtime, scope)
    bad = tmp_path / "bad.xml"
    bad.write_bytes(b"<GIAMDINHHS/>")

    assert bhyt_send(counter, str(bad)) == 1
    assert bhyt_send(counter, str(tmp_path / "none.xml")) == 1
    assert counter.sandbox.book.calls == []


@pytest.mark.parametrize(
    "code", ["200", "201", "202", "204", "205", "401", "403", "408", "500", "1001", "999"]
)
@pytest.mark.parametrize("language", ["vi", "en", "fr"])
def test_every_code_is_explained(code: str, language: str) -> None:
    [line] = explained(Submitted(code, b"{}"), language)

    assert line.startswith(f"{code} · ")
