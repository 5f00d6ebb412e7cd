"""
L1: nothing personal is in a log: unique canaries in every input, in failures and stack traces too.

    python -m tests.faults.canaries --canaries 200 --seed 1

Names, identity and insurance numbers, telephones, accounts, links and card numbers are sent through
sign-in, desk, scan box, look-up, links, webhooks, API and command line, to gunicorn that logs as
much as it can; then once more to a database that refuses every write with the whole row in its
complaint. What the programs wrote is searched for each of them.
"""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from payments.identity.permissions import Role
from tests.faults import script
from tests.faults.script import Outcome
from tests.support.databases import Cluster
from tests.support.feeds import FURNISHED, transfer
from tests.support.program import new_token
from tests.support.programs import ROOT, Web
from tests.support.stage import Stage, stage
from tests.support.web import PASSWORD, add_user

KINDS: Final = ("name", "identity", "card", "phone", "account", "token", "pan")
#: A row of these is refused with all its values in the complaint.
_BROKEN: Final = (
    "patient",
    "invoice",
    "notification",
    "look_up_try",
    "sign_in_try",
    "idempotency_request",
)
_LETTERS: Final = "ABCDEGHIKLMNOPQRSTUVXY"


@dataclass(frozen=True, slots=True)
class Canary:
    kind: str
    text: str


def hatch(chance: random.Random, count: int) -> list[Canary]:
    """Make *count* canaries, each unlike every other and every word of ours."""
    made: dict[str, Canary] = {}
    while len(made) < count:
        kind = KINDS[len(made) % len(KINDS)]
        text = _text(kind, chance)
        made.setdefault(text, Canary(kind, text))
    return list(made.values())


def _text(kind: str, chance: random.Random) -> str:
    digits = "".join(chance.choice("123456789") for _ in range(16))
    letters = "".join(chance.choice(_LETTERS) for _ in range(10))
    match kind:
        case "name":
            return f"NGUYEN {letters} THU"
        case "identity":
            return f"0010{digits[:8]}"
        case "card":
            return f"DN401{digits[:10]}"
        case "phone":
            return f"09{digits[:8]}"
        case "account":
            return f"19{digits[:10]}"
        case "token":
            return f"{letters}{digits[:6]}aZ-_xq"
        case _:
            return f"4{digits[:15]}"


class Flock:
    """Gives the canaries out, round by round, so that each is planted."""

    def __init__(self, canaries: list[Canary]) -> None:
        self._by_kind = {kind: [one.text for one in canaries if one.kind == kind] for kind in KINDS}
        self._next = dict.fromkeys(KINDS, 0)

    def __getattr__(self, kind: str) -> str:
        if kind not in KINDS:
            raise AttributeError(kind)
        texts = self._by_kind[kind]
        self._next[kind] += 1
        return texts[(self._next[kind] - 1) % len(texts)]

    @property
    def rounds(self) -> int:
        """How often each input must be fed until every canary has been in."""
        return max(len(texts) for texts in self._by_kind.values())


class Planter:
    """A browser, a bank, a program and a shell that tell canaries to one running web."""

    def __init__(self, made: Stage, port: int, login: str, api_token: str) -> None:
        self._made = made
        self._port = port
        self._api = {"Authorization": f"Bearer {api_token}"}
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60)
        self.statuses: dict[int, int] = {}
        self.locations: list[str] = []
        self._form: dict[str, str] = {}
        self._post("/sign-in", {"login": login, "password": PASSWORD})

    def plant(self, flock: Flock) -> None:
        for send in (self._desk, self._scan, self._patient, self._bank, self._program, self._wire):
            # What breaks the line is the test, not news.
            with suppress(httpx.HTTPError):
                send(flock)

    def _desk(self, of: Flock) -> None:
        for changes in ({}, {"birth_year": of.phone}, {"file_number": of.account, "key": ""}):
            self._post(
                "/desk/invoices",
                {
                    "name": of.name,
                    "birth_year": "1958",
                    "file_number": f"99-{of.phone}",
                    "service": "KB01",
                    "do": "issue",
                }
                | changes,
            )
        self._post("/sign-in", {"login": of.name, "password": of.pan, "next": f"/p/{of.token}"})

    def _scan(self, of: Flock) -> None:
        chip = f"{of.identity}||{of.name}|01011958|Nam|{of.account}|15082021"
        card = f"{of.card}|{of.name.encode().hex()}|01/01/1958|1||79 - 014|01/01/2026|-|||||||$"
        for text in (chip, card, f"{of.identity}|{of.name}", of.pan, of.card, of.phone, of.name):
            self._post("/desk/scan", {"scan": text})
        self._post(
            "/desk/patients",
            {"name": of.name, "birth": "01/01/1958", "phone": of.phone, "file_number": of.card},
        )

    def _patient(self, of: Flock) -> None:
        for path in ("", "/status", "/qr.png", "/no/such"):
            self._get(f"/p/{of.token}{path}?phone={of.phone}", referer=f"http://x/p/{of.token}")
        self._post(f"/p/{of.token}/codes", {"key": of.pan})
        self._get("/tra-cuu")
        for number in (of.phone, f"VP{of.pan[:8]}"):
            self._post(
                "/tra-cuu", {"number": number, "phone_end": of.phone[-4:], "birth_year": "1958"}
            )
            self._post("/tra-cuu", {"number": of.card, "slip_code": of.token})

    def _bank(self, of: Flock) -> None:
        now = self._made.runtime.clock.now()
        for channel, mode in FURNISHED.items():
            told = transfer(int(of.phone), f"{of.name} {of.pan} {of.identity}", 10_000, now)
            raw = mode.raw(told, now)
            body = raw.body.replace(b"0123456789", of.account.encode())
            for sent in (body, body[:-3], body + of.pan.encode(), of.name.encode()):
                self._send(f"/webhooks/{channel}", sent, dict(raw.headers))
            self._send(f"/webhooks/{channel}", body, {"Authorization": f"Apikey {of.token}"})
        self._send(f"/webhooks/{of.account}", b"{}", {})

    def _program(self, of: Flock) -> None:
        person: dict[str, Any] = {"name": of.name, "birth_year": 1958, "file_number": of.account}
        for body in (
            {"patient": person, "lines": [{"service": "KB01"}]},
            {"patient": person | {"birth_year": of.phone}, "lines": [{"service": of.pan}]},
            {"patient": person | {of.card: of.identity}, "lines": []},
            of.name,
        ):
            key = {"Idempotency-Key": of.token}
            self._send(
                "/api/v1/invoices",
                json.dumps(body).encode(),
                self._api | key | {"Content-Type": "application/json"},
            )
        self._send("/api/v1/invoices", f'{{"patient": {of.pan}'.encode(), self._api)
        self._get(f"/api/v1/patients?file_number={of.card}")
        self._get("/api/v1/invoices", authorization=f"Bearer vienphi_{of.token}")

    def _wire(self, of: Flock) -> None:
        """Send what no browser sends: gunicorn itself complains of these."""
        for text in (
            f"GET /p/{of.token}\r\n\r\n",
            f"GET /p/{of.token} HTTP/9.9\r\n\r\n",
            f"G=T /p/{of.token} HTTP/1.1\r\nHost: localhost\r\n\r\n",
            f"GET /p/{of.token}?{'x' * 5000} HTTP/1.1\r\nHost: localhost\r\n\r\n",
            f"GET / HTTP/1.1\r\nHost: localhost\r\nX {of.name}: {of.pan}\r\n\r\n",
            f"GET / HTTP/1.1\r\nHost: {of.account}\r\n\r\n",
        ):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 5) as line:
                line.sendall(text.encode())
                line.recv(65_536)

    def _get(self, path: str, **headers: str) -> None:
        self._note(self._http.get(path, headers=headers))

    def _post(self, path: str, form: dict[str, str]) -> None:
        page = self._http.get("/tra-cuu").text
        found = page.partition('name="form_token" value="')[2][:64]
        told = {"form_token": found, "key": f"{random.getrandbits(128):032x}"} | form
        self._note(self._http.post(path, data=told))

    def _send(self, path: str, body: bytes, headers: dict[str, str]) -> None:
        self._note(self._http.post(path, content=body, headers=headers))

    def _note(self, answer: httpx.Response) -> None:
        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
        self.locations.append(answer.headers.get("Location", ""))


def run(cluster: Cluster, seed: int, *, canaries: int) -> Outcome:
    outcome = Outcome()
    made_of = hatch(random.Random(seed), canaries)
    flock = Flock(made_of)
    with tempfile.TemporaryDirectory() as place, stage(cluster) as made:
        log = Path(place) / "web.log"
        login = add_user(made.runtime, made.scope, Role.HEAD_CASHIER)
        api_token = new_token(made.runtime, made.scope)
        web = Web(made.address, log, workers=1, log_level="debug")
        try:
            web.start()
            planter = Planter(made, web.port, login, api_token)
            # Each input takes several of a kind; the second half meets the database that refuses.
            rounds = max(2, -(-flock.rounds // 2))
            for round_number in range(rounds):
                if round_number == rounds // 2:
                    made.as_superuser(*_breaking())
                planter.plant(flock)
        finally:
            web.stop()
        said = log.read_text(errors="replace")
        shell = "".join(_shell(made, Path(place), flock))
    _judge(outcome, made_of, said, shell, planter)
    outcome.expect("tokens of programs in the log", api_token in said, False)
    return outcome


def _breaking() -> Iterator[str]:
    for table in _BROKEN:
        yield f"ALTER TABLE {table} ADD CONSTRAINT broken CHECK (false) NOT VALID"


def _shell(made: Stage, place: Path, of: Flock) -> Iterator[str]:
    """Run commands that fail over what they are given; what they complain goes to a log."""
    orders = place / "orders.csv"
    orders.write_text(f"{of.name},{of.pan}\n{of.identity},{of.card}\n", encoding="utf-8")
    for arguments in (
        ("user", "add", of.phone, of.name, "--role", "cashier"),
        ("user", "disable", of.name),
        ("orders", "import", str(orders)),
        ("audit", "verify", "--heads", str(orders)),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "payments.cli", *arguments],
            env=os.environ | made.address.environ() | {"PYTHONPATH": str(ROOT)},
            input=f"{of.pan}\n",
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        yield done.stderr


def _judge(
    outcome: Outcome, canaries: list[Canary], said: str, shell: str, planter: Planter
) -> None:
    found = sorted(
        {f"{one.kind}: {_where(said, one.text)}" for one in canaries if one.text in said}
    )
    told = sorted(
        {f"{one.kind}: {_where(shell, one.text)}" for one in canaries if one.text in shell}
    )
    urls = {one.kind for one in canaries for url in planter.locations if one.text in url}
    outcome.figures["canaries"] = len(canaries)
    outcome.figures["lines of log"] = said.count("\n")
    outcome.figures["answers by status"] = dict(sorted(planter.statuses.items()))
    outcome.figures["stack traces"] = said.count("web.failed")
    outcome.expect("kinds found in the log", found, [])
    outcome.expect("kinds found in complaints of commands", told, [])
    # The address of a patient's page is its token; a redirect leads there on purpose.
    outcome.expect("kinds found in redirects", sorted(urls - {"token"}), [])
    for name, wanted in (("web.failed", "a stack trace"), ("POST", "a line of the access log")):
        if name not in said:
            outcome.failures.append(f"the log holds not even {wanted}: nothing was tested")


def _where(text: str, canary: str) -> str:
    at = text.index(canary)
    return text[max(0, at - 90) : at + 10].replace("\n", " ")


if __name__ == "__main__":
    raise SystemExit(script.main(run, "L1 canaries in logs", {"canaries": 200}))
