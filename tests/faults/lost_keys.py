"""
L6: a backup without its keys file opens nothing and takes no money; with the keys it all works.

    python -m tests.faults.lost_keys

The database of a hospital is dumped by ``pg_dump`` and restored into another by ``pg_restore``. The
restored one is opened three times: with no keys file, with the keys file of another hospital, and
with its own.

PASS: without a file neither web nor worker starts, and both say which file is missing; with the
wrong one no name is read, no message of a bank is believed, no code is shown, and not a row
changes but the count of what was refused; with the right one names are read and a transfer that is
told twice is posted once.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy.engine import make_url

from payments.app import create_app
from payments.intents.service import open_intent
from payments.invoicing.queries import invoice as read_invoice
from payments.kernel.errors import VienphiError
from payments.keys import WrongKeys, write_new
from payments.runtime import Runtime
from tests.faults import script
from tests.faults.script import Outcome
from tests.support import oracle
from tests.support.crowd import Owed, issue_one
from tests.support.databases import prepare
from tests.support.feeds import FURNISHED, transfer
from tests.support.own_postgres import binaries, own_postgres
from tests.support.programs import ROOT
from tests.support.stage import SCOPE, Address, Stage, runtime_at, stage

_NAME: Final = "NGUYỄN VĂN THỬ"
_PROGRAMS: Final = {
    "web": ("-c", "import wsgi"),
    "worker": ("-m", "payments.cli", "worker"),
}
#: A refusal is counted, which is all that it writes.
_COUNTED: Final = frozenset({"refused_message"})


def run(_seed: int) -> Outcome:
    outcome = Outcome()
    with own_postgres() as server, stage(prepare(server.url)) as made:
        owed = [issue_one(made.runtime, number) for number in (1, 2)]
        with _restored(made) as url, tempfile.TemporaryDirectory() as place:
            own = made.address.keys_file
            _without(Address(url, str(Path(place) / "missing.json")), outcome)
            write_new(Path(place) / "other.json", demo=True)
            _with_the_wrong(Address(url, str(Path(place) / "other.json")), owed, outcome)
            _with_the_right(Address(url, own), owed, outcome)
    return outcome


def _without(address: Address, outcome: Outcome) -> None:
    for name, program in _PROGRAMS.items():
        role = address.as_role("vp_worker") if name == "worker" else address
        done = subprocess.run(
            [sys.executable, *program],
            cwd=ROOT,
            env=role.environ() | {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        outcome.expect(f"no keys: {name} starts", done.returncode == 0, False)
        says = "missing.json does not exist" in done.stdout + done.stderr
        outcome.expect(f"no keys: {name} names the file", says, True)


def _with_the_wrong(address: Address, owed: list[Owed], outcome: Outcome) -> None:
    runtime = runtime_at(address)
    try:
        before = _contents(runtime)
        is_refused = _refusal(lambda: _name(runtime, owed[0]))
        outcome.expect("wrong keys: a name is refused", is_refused, True)
        client = create_app(runtime).test_client()
        for channel in sorted(FURNISHED):
            status = _tell(client, channel, owed[0])
            outcome.figures[f"wrong keys: answer to {channel}"] = status
            outcome.expect(f"wrong keys: {channel} is told yes", 200 <= status < 300, False)
        shown = _refusal(
            lambda: open_intent(
                runtime, SCOPE, invoice=owed[1].invoice, channel="vietqr", key="lost-keys-0001"
            )
        )
        outcome.expect("wrong keys: a code is refused", shown, True)
        changed = {name for name, told in _contents(runtime).items() if before[name] != told}
        outcome.expect("wrong keys: tables that changed", sorted(changed), [])
    finally:
        runtime.database.close()


def _with_the_right(address: Address, owed: list[Owed], outcome: Outcome) -> None:
    runtime = runtime_at(address)
    try:
        outcome.expect("right keys: name", _name(runtime, owed[0]), _NAME)
        client = create_app(runtime).test_client()
        told = [_tell(client, "sepay", owed[0]) for _ in range(2)]
        outcome.expect("right keys: answers to a transfer, told twice", told, [200, 200])
        posted = oracle.posted(runtime.database, SCOPE)
        outcome.expect("right keys: posted", sorted(posted.values()), [1])
        outcome.failures += oracle.findings(runtime, SCOPE, is_worked=False)
    finally:
        runtime.database.close()


def _name(runtime: Runtime, owed: Owed) -> str:
    with runtime.database.reading(SCOPE) as tx:
        return read_invoice(tx, runtime.keys, owed.invoice).patient_name


def _refusal(work: Any) -> bool:
    """Say whether *work* is refused for want of the right keys, and for nothing else."""
    try:
        work()
    except WrongKeys:
        return True
    except VienphiError:
        return False
    return False


def _tell(client: Any, channel: str, owed: Owed) -> int:
    at = datetime.now(UTC)
    raw = FURNISHED[channel].raw(transfer(owed.number, owed.code, owed.dong, at), at)
    answer = client.post(f"/webhooks/{channel}", data=raw.body, headers=list(raw.headers.items()))
    return int(answer.status_code)


def _contents(runtime: Runtime) -> dict[str, tuple[int, str]]:
    with runtime.database.reading(SCOPE) as tx:
        return oracle.contents(tx, without=_COUNTED)


@contextmanager
def _restored(made: Stage) -> Iterator[str]:
    """Restore a dump into a new database; gives its URL as vp_app."""
    url = made.database.engine.url
    where = ("-h", str(url.host), "-p", str(url.port), "-U", "postgres")
    dump = _run("pg_dump", *where, "-Fc", str(url.database))
    made.cluster.run('CREATE DATABASE "restored"')
    _run("pg_restore", *where, "-d", "restored", "--exit-on-error", given=dump)
    try:
        yield (
            make_url(made.address.url)
            .set(database="restored")
            .render_as_string(hide_password=False)
        )
    finally:
        made.cluster.run('DROP DATABASE "restored" WITH (FORCE)')


def _run(program: str, *arguments: str, given: bytes = b"") -> bytes:
    return subprocess.run(
        [binaries() / program, *arguments], input=given, stdout=subprocess.PIPE, check=True, cwd="/"
    ).stdout


if __name__ == "__main__":
    raise SystemExit(script.main(run, "L6 lost keys", {}, needs_cluster=False))
