"""
A6: guessing the links of patients: none is hit, few are looked at, and nothing is told apart.

    python -m tests.faults.links --seed 1

Random tokens of the right length, single letters changed in real ones, and broken ones, through two
applications over one database, from many networks: each gets the answer of a wrong link, until its
network is refused; then right, ended and invented links get one and the same refusal. Other
people's right links open all the while. The token's own bits are counted from those in use.
"""

from __future__ import annotations

import hashlib
import io
import math
import random
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from flask import Flask

from payments.app import create_app
from payments.invoicing.links import PER_NETWORK
from payments.kernel.clock import FrozenClock
from tests.faults import script
from tests.faults.script import Outcome
from tests.support.databases import Cluster
from tests.support.stage import Stage, morning, stage

_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_BITS_MIN: Final = 128
_INVOICES: Final = 20
_PROCESSES: Final = 2
#: Once in so many guesses a real token is bent by one letter, or a right one is asked.
_NEAR_EVERY: Final = 4
_RIGHT_EVERY: Final = 97
#: A neighbour opens a link after so many guesses.
_NEIGHBOUR_EVERY: Final = 500
_CHANGING: Final = re.compile(rb"[0-9a-f]{32,64}")
_REFUSED: Final = 429


@dataclass(slots=True)
class Seen:
    """What the guesser saw; an answer is its status and what its page says."""

    hits: int = 0
    named: int = 0
    looked_at: int = 0
    shut_out: int = 0
    refusals: set[bytes] = field(default_factory=set)
    misses: set[bytes] = field(default_factory=set)

    def note(self, status: int, page: bytes, *, is_right: bool) -> None:
        said = hashlib.sha256(_CHANGING.sub(b"", page)).digest()
        self.named += "NGUYỄN".encode() in page
        if status == _REFUSED:
            self.refusals.add(said)
        elif not is_right:
            self.looked_at += 1
            self.hits += status == 200
            self.misses.add(said)


def run(cluster: Cluster, seed: int, *, guesses: int, networks: int) -> Outcome:
    outcome = Outcome()
    chance = random.Random(seed)
    clock = morning()
    with stage(cluster, clock) as made:
        ended = _tokens(made)
        clock.set(clock.now() + timedelta(days=400))
        real = _tokens(made)
        apps = [create_app(made.runtime) for _ in range(_PROCESSES)]
        bits = min(len(token) for token in real) * math.log2(len(_LETTERS))
        outcome.figures["bits of a token"] = round(bits)
        outcome.expect("shorter than 128 bits", bits < _BITS_MIN, False)
        outcome.expect("real links that open", _opened(apps[0], real), len(real))
        began = time.monotonic()
        seen = _guess_all(apps, chance, real, ended, clock, guesses, networks)
        seconds = time.monotonic() - began
        outcome.figures["guesses"] = guesses
        outcome.figures["networks"] = networks
        outcome.figures["guesses a second"] = round(guesses / seconds)
        outcome.expect("hits", seen.hits, 0)
        outcome.expect("answers with a name", seen.named, 0)
        outcome.expect("kinds of wrong links", len(seen.misses), 1)
        outcome.expect("kinds of refusals", len(seen.refusals), 1)
        outcome.expect("right links of others that did not open", seen.shut_out, 0)
        # Each process that does not know it yet looks at one more.
        most = networks * (PER_NETWORK + _PROCESSES - 1)
        outcome.figures["wrong links looked at"] = seen.looked_at
        outcome.expect("more than the limit allows", max(0, seen.looked_at - most), 0)
    return outcome


def _tokens(made: Stage) -> list[str]:
    issued = [made.hospital.view(made.hospital.issue()) for _ in range(_INVOICES)]
    return sorted(view.pay_token for view in issued)


def _guess_all(
    apps: Sequence[Flask],
    chance: random.Random,
    real: Sequence[str],
    ended: Sequence[str],
    clock: FrozenClock,
    guesses: int,
    networks: int,
) -> Seen:
    seen = Seen()
    each = guesses // networks
    for number in range(each * networks):
        network, at = divmod(number, each)
        app = apps[number % len(apps)]
        address = f"10.{network >> 16 & 255}.{network >> 8 & 255}.{network & 255}"
        # Right links are mixed in when the network has used its guesses up: they tell nothing.
        is_late = at > PER_NETWORK + len(apps)
        token, is_right = _guess(chance, real, ended, number, is_late=is_late)
        status, page = ask(app, f"/p/{token}", address)
        if is_right and status != _REFUSED:
            seen.hits += 1
        seen.note(status, page, is_right=is_right)
        if number % _NEIGHBOUR_EVERY == 0:
            path = f"/p/{chance.choice(real)}"
            seen.shut_out += ask(app, path, "192.0.2.1")[0] != 200
    return seen


def ask(app: Flask, path: str, address: str) -> tuple[int, bytes]:
    """Ask as gunicorn does; Flask's client takes longer than the application."""
    told: list[Any] = []
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "REMOTE_ADDR": address,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    body = app.wsgi_app(environ, lambda status, *_: told.append(status))
    try:
        return int(told[0].split()[0]), b"".join(body)
    finally:
        if hasattr(body, "close"):
            body.close()


def _opened(app: Flask, tokens: Sequence[str]) -> int:
    return sum(ask(app, f"/p/{token}", "192.0.2.1")[0] == 200 for token in tokens)


def _guess(
    chance: random.Random, real: Sequence[str], ended: Sequence[str], number: int, *, is_late: bool
) -> tuple[str, bool]:
    """Give a token, and whether it is the right one of an invoice."""
    if is_late and number % _RIGHT_EVERY == 0:
        return chance.choice(real), True
    if number % _RIGHT_EVERY == 1:
        return chance.choice(ended), False
    if number % _NEAR_EVERY:
        return "".join(chance.choices(_LETTERS, k=22)), False
    token = chance.choice(real)
    place = chance.randrange(len(token))
    other = chance.choice([letter for letter in _LETTERS if letter != token[place]])
    bent = token[:place] + other + token[place + 1 :]
    return (bent if bent not in real else token[:-1]), False


if __name__ == "__main__":
    raise SystemExit(
        script.main(run, "A6 guessed links of patients", {"guesses": 1_000_000, "networks": 200})
    )
