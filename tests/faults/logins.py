"""
A5: guessing passwords: few tries count, and nobody who works here is kept out.

    python -m tests.faults.logins --seed 1

Ten thousand guesses from one address, half against one login, half spread over a thousand; time
stands still, so that all of them fall into one minute. Of each login at most ten are compared with
its password, from the address at most sixty. Meanwhile, behind the same address, people sign in at
the desks where somebody signed in before.
"""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from payments.identity import service
from payments.identity.model import (
    TRIES_PER_ADDRESS,
    TRIES_PER_LOGIN,
    TooManyTries,
    WrongCredentials,
)
from payments.identity.permissions import Role
from payments.runtime import Runtime
from tests.faults import script
from tests.faults.script import Outcome
from tests.support.databases import Cluster
from tests.support.stage import SCOPE, morning, stage
from tests.support.web import PASSWORD, add_user

_ADDRESS: Final = "203.0.113.7"
_DESKS: Final = 20
_THREADS: Final = 8


def run(cluster: Cluster, seed: int, *, guesses: int, users: int) -> Outcome:
    outcome = Outcome()
    chance = random.Random(seed)
    with stage(cluster, morning()) as made:
        runtime = made.runtime
        desks = [add_user(runtime, SCOPE, Role.CASHIER, f"ban{n}") for n in range(_DESKS)]
        known = {login: _sign_in(runtime, login, PASSWORD, ()) for login in desks}
        victims = ["ban0"] * (guesses // 2)
        victims += [f"nguoi{chance.randrange(users)}" for _ in range(guesses - len(victims))]
        chance.shuffle(victims)
        with ThreadPoolExecutor(_THREADS) as pool:
            compared = Counter(
                login
                for login, is_compared in zip(
                    victims, pool.map(lambda one: _guess(runtime, one), victims), strict=True
                )
                if is_compared
            )
        kept_out = 0
        for login in desks:
            try:
                _sign_in(runtime, login, PASSWORD, known[login])
            except TooManyTries:
                kept_out += 1
        most = max(compared.values(), default=0)
        outcome.figures["guesses"] = guesses
        outcome.figures["compared with a password"] = sum(compared.values())
        outcome.expect(
            f"a login was tried more than {TRIES_PER_LOGIN} times",
            most > TRIES_PER_LOGIN,
            False,
        )
        outcome.expect(
            f"the address was let try more than {TRIES_PER_ADDRESS} times",
            sum(compared.values()) > TRIES_PER_ADDRESS,
            False,
        )
        outcome.expect("nothing was compared at all", not compared, False)
        outcome.expect("people of known desks kept out", kept_out, 0)
    return outcome


def _guess(runtime: Runtime, login: str) -> bool:
    try:
        service.sign_in(runtime, SCOPE, login=login, password="đoán bừa", address=_ADDRESS)
    except WrongCredentials:
        return True
    except TooManyTries:
        return False
    raise AssertionError("a wrong password was right")


def _sign_in(runtime: Runtime, login: str, password: str, known: tuple) -> tuple:  # type: ignore[type-arg]
    done = service.sign_in(
        runtime, SCOPE, login=login, password=password, address=_ADDRESS, known=known
    )
    return (done.user.id,)


if __name__ == "__main__":
    raise SystemExit(script.main(run, "A5 guessed passwords", {"guesses": 10_000, "users": 1_000}))
