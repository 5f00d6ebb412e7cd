"""
W5: text and JSON made to be costly or to deceive, at every input: refused soon, nothing kept.

    python -m tests.faults.bombs --rounds 1

JSON a hundred thousand levels deep, numbers of a million digits, heaps of marks, unseen letters and
turned directions, sent to every field of every form, to files, to the API and to the webhooks. Each
answer is 4xx and takes at most 100 ms of processor time; no table that holds money or people grows.
"""

from __future__ import annotations

import random
import time
import unicodedata
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from werkzeug.test import TestResponse

from payments.identity.permissions import Role
from payments.storage.columns import METADATA
from tests.faults import script
from tests.faults.script import Outcome
from tests.support.databases import Cluster
from tests.support.feeds import FURNISHED, Mode, transfer
from tests.support.fields import Place, Places
from tests.support.program import PREFIX
from tests.support.stage import Stage, morning, stage

_BUDGET_S: Final = 0.1
#: A first answer loads templates and words; the second is what a stranger can have again and again.
_TRIES: Final = 3
#: Who did what and who tried what is written down all the same.
_TOLD: Final = {"audit_event", "refused_message", "look_up_try", "sign_in_try", "api_token_minute"}
_DEEP: Final = 100_000
_DIGITS: Final = 1_000_000
#: As many as a form may hold; composed as Unicode says they would take eight seconds.
_HEAP: Final = 20_000
_NAME: Final = "Nguyễn Thị Hường"

BODIES: Final[dict[str, bytes]] = {
    "deep lists": b"[" * _DEEP + b"]" * _DEEP,
    "deep objects": b'{"a":' * _DEEP + b"1" + b"}" * _DEEP,
    "deep and open": b"[" * _DEEP,
    "digits": b'{"amount": ' + b"9" * _DIGITS + b"}",
    "digits after the point": b'{"amount": 0.' + b"1" * _DIGITS + b"}",
    "exponent": b'{"amount": 1e999999999}',
    "not a number": b'{"amount": NaN, "b": Infinity}',
    "many names": b"{" + b",".join(b'"%d":1' % n for n in range(20_000)) + b"}",
    "one name often": b"{" + b",".join([b'"a":1'] * 20_000) + b"}",
    "many values": b"[" + b"1," * 50_000 + b"1]",
    "quotes without end": b'{"a": "' + b'\\"' * 100_000,
    "half a letter": b'{"a": "\\ud800"}',
    "heap of marks": b'{"a": "a' + b"\\u0301\\u0323" * 15_000 + b'"}',
    "other encoding": '{"a": 1}'.encode("utf-16"),
    "mark of order": b"\xef\xbb\xbf" + b'{"a": 1}',
    "NUL": b'{"a": "\\u0000"}',
    "nothing": b"",
}
TEXTS: Final[dict[str, str]] = {
    "heap of marks": "a" + "\u0301\u0323" * _HEAP,
    "small heap of marks": "THỬ" + "\u0316\u0323\u0301\u0300" * 12,
    "zero width": "TRẦN\u200bTHỬ",
    "joined": "TRẦN\u2060\u200dTHỬ",
    "filler": "TRẦN\u3164THỬ",
    "turned": "TRẦN \u202eỬHT",
    "isolated": "TRẦN \u2066THỬ\u2069",
    "tags": "TRẦN" + "".join(chr(0xE0000 + ord(c)) for c in "thu"),
    "variants": "TRẦN\ufe0f THỬ",
    "control": "TRẦN\x1b[31mTHỬ",
    "private": "TRẦN\ue000",
    "long": "A" * 200_000,
    "digits": "9" * 200_000,
    "deep": "[" * _DEEP,
    "commas": "," * 100_000,
    "quotes": '"' * 99_999,
    "slow expression": "a" * 50_000 + "!" + "0." * 50_000,
}  # fmt: skip

#: Costly, and yet what a person may mean: an empty field, figures of another script.
HARMLESS: Final = {
    "blanks": " " * 200_000,
    "other digits": "\u0661\u0662\u0663" * 10,
    "line": "TRẦN\u2028THỬ",
}


def run(cluster: Cluster, seed: int, *, rounds: int, fields: int) -> Outcome:
    outcome = Outcome()
    with stage(cluster, morning()) as made:
        places = Places(made)
        judge = _Judge(outcome)
        every = list(places.all())
        chosen = random.Random(seed).sample(every, min(fields, len(every)))
        strict = [one for one in chosen if not one.takes_anything]
        _warm(places, chosen)
        before = rows_that_count(made)
        for _ in range(rounds):
            for place in strict:
                for name, text in TEXTS.items():
                    judge.refused(f"{name} in {place.name}", place, text)
            for name, send in _bodies(places):
                judge.hold(name, send, must_refuse=True)
        after = rows_that_count(made)
        grown = {name: after[name] - was for name, was in before.items() if after[name] != was}
        outcome.expect("tables that grew", grown, {})
        for place in chosen:
            more = TEXTS if place.takes_anything else {}
            for name, text in (HARMLESS | more).items():
                judge.hold(
                    f"{name} in {place.name}",
                    lambda place=place, text=text: place.send(text),
                    must_refuse=False,
                )
        outcome.figures["fields"] = len(chosen)
        outcome.figures["texts sent"] = judge.sent
        outcome.figures["slowest, s of processor"] = f"{judge.slowest[0]:.3f} {judge.slowest[1]}"
        outcome.expect("a name in parts is stored composed", _composed(places), True)
        made.hospital.assert_balanced()
    return outcome


class _Judge:
    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome
        self.sent = 0
        self.slowest = (0.0, "")

    def refused(self, name: str, place: Place, text: str) -> None:
        self.hold(name, lambda: place.send(text), must_refuse=True)

    def hold(self, name: str, send: Callable[[], TestResponse], *, must_refuse: bool) -> None:
        took = float("inf")
        for _ in range(_TRIES):
            began = time.thread_time()
            status = send().status_code
            took = min(took, time.thread_time() - began)
            self.sent += 1
            if took <= _BUDGET_S:
                break
        self.slowest = max(self.slowest, (took, name))
        # 503 is how both feeds are told that a message with its proof could not be read.
        is_right = 400 <= status < 500 or (status < 500 and not must_refuse) or status == 503
        if not is_right or took > _BUDGET_S:
            self._outcome.failures.append(f"{name}: {status}, {took:.3f} s")


def _warm(places: Places, fields: list[Place]) -> None:
    for place in fields:
        place.send("?")
    for channel in FURNISHED:
        places.public.client.post(f"/webhooks/{channel}", data=b"?")


def _bodies(places: Places) -> Iterator[tuple[str, Callable[[], TestResponse]]]:
    client, token = places.public.client, places.program.token
    for rule in places.app.url_map.iter_rules():
        if rule.rule.startswith(PREFIX) and "POST" in (rule.methods or ()):
            path = rule.rule.replace("<uuid:invoice_id>", str(places.invoice))
            for name, body in BODIES.items():
                headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "bomb"}
                yield (
                    f"{name} to {rule.rule}",
                    lambda path=path, body=body, headers=headers: client.post(
                        path, data=body, headers=headers, content_type="application/json"
                    ),
                )
    for channel, mode in FURNISHED.items():
        proof = _proof(mode, places.made.runtime.clock.now())
        for name, body in BODIES.items():
            for how, headers in (("", {}), (" with its proof", proof)):
                yield (
                    f"{name} to {channel}{how}",
                    lambda channel=channel, body=body, headers=headers: client.post(
                        f"/webhooks/{channel}",
                        data=body,
                        headers=headers,
                        content_type="application/json",
                    ),
                )


def _proof(mode: Mode, now: datetime) -> dict[str, str]:
    """Give the headers that prove any body: both trial feeds prove themselves by a word."""
    raw = mode.raw(transfer(1, "X", 1_000, now), now)
    return {name: text for name, text in raw.headers.items() if name.lower() != "content-type"}


def rows_that_count(made: Stage) -> dict[str, int]:
    """Count the rows of every table that holds more than who did what."""
    found = {}
    with made.database.reading(made.scope) as tx:
        for table in METADATA.sorted_tables:
            if table.name not in _TOLD and "facility_id" in table.c:
                found[table.name] = tx.execute(select(func.count()).select_from(table)).scalar_one()
    return found


def _composed(places: Places) -> bool:
    person = {"name": unicodedata.normalize("NFD", _NAME), "birth_year": 1990}
    body = {"patient": person | {"file_number": "99-900001"}, "lines": [{"service": "KB01"}]}
    invoice = places.program.post("/invoices", body).get_json()["id"]
    page = places.get(Role.HEAD_CASHIER, f"/desk/invoices/{invoice}").get_data(as_text=True)
    return _NAME.upper() in page.upper() and unicodedata.is_normalized("NFC", page)


if __name__ == "__main__":
    raise SystemExit(
        script.main(run, "W5 costly and deceiving text", {"rounds": 1, "fields": 1_000})
    )
