"""
A6: guessing the links of patients: none is hit, and nothing is told apart.

    python -m tests.faults.links --seed 1

Random tokens of the right length, single letters changed in real ones, and broken ones, through the
web: each gets the same answer, and no name. The token's own bits are counted from those in use.
"""

from __future__ import annotations

import math
import random
import secrets
from typing import Final

from flask import Flask

from payments.app import create_app
from tests.faults import script
from tests.faults.script import Outcome
from tests.support.databases import Cluster
from tests.support.stage import morning, stage

_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_BITS_MIN: Final = 128
_INVOICES: Final = 20
#: Once in so many guesses a real token is bent by one letter.
_NEAR_EVERY: Final = 4


def run(cluster: Cluster, seed: int, *, guesses: int) -> Outcome:
    outcome = Outcome()
    chance = random.Random(seed)
    with stage(cluster, morning()) as made:
        real = {made.hospital.view(made.hospital.issue()).pay_token for _ in range(_INVOICES)}
        app = create_app(made.runtime)
        bits = min(len(token) for token in real) * math.log2(len(_LETTERS))
        outcome.figures["bits of a token"] = round(bits)
        outcome.expect("shorter than 128 bits", bits < _BITS_MIN, False)
        outcome.expect("real links that open", _opened(app, real), len(real))
        answers: set[tuple[int, int]] = set()
        hits = named = 0
        client = app.test_client()
        for number in range(guesses):
            token = _guess(chance, sorted(real), number)
            answer = client.get(f"/p/{token}")
            text = answer.get_data(as_text=True)
            hits += answer.status_code == 200
            named += "NGUYỄN" in text
            answers.add((answer.status_code, text.count("<")))
        outcome.figures["guesses"] = guesses
        outcome.expect("hits", hits, 0)
        outcome.expect("answers with a name", named, 0)
        outcome.expect("kinds of answers", len(answers), 1)
    return outcome


def _opened(app: Flask, tokens: set[str]) -> int:
    client = app.test_client()
    return sum(client.get(f"/p/{token}").status_code == 200 for token in tokens)


def _guess(chance: random.Random, real: list[str], number: int) -> str:
    if number % _NEAR_EVERY:
        return secrets.token_urlsafe(16)
    token = chance.choice(real)
    place = chance.randrange(len(token))
    other = chance.choice([letter for letter in _LETTERS if letter != token[place]])
    bent = token[:place] + other + token[place + 1 :]
    return bent if bent not in real else token[:-1]


if __name__ == "__main__":
    raise SystemExit(script.main(run, "A6 guessed links of patients", {"guesses": 1_000_000}))
