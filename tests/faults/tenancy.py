"""
A1: nothing of another facility is seen or changed, by any route, any role, any SQL of our programs.

    python -m tests.faults.tenancy --seed 1

Through the web: every route of the route map that names an object, with every method, for nobody
and for each of the seven roles, with up to *ids* objects of the other facility per table. The
answer must be a refusal (or the way to sign in), the same as for an object that does not exist,
and hold nothing of the other facility; each that is not found is a security event, counted in the
session. Routes without an object are read for the same reason.

Below the web, as if the application checked nothing: raw SQL of each role of the database. Rows of
the other facility do not exist, without a facility nothing exists, and no row can be written for or
moved to the other facility.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from unittest.mock import patch
from uuid import UUID

from flask import Flask
from sqlalchemy import text
from werkzeug.routing import IntegerConverter, Rule, UUIDConverter

from payments.app import create_app
from payments.claims.writing import Claim as Written
from payments.identity.permissions import Role
from payments.intents.service import open_intent
from payments.invoicing import links
from payments.invoicing.model import LineRequest, PatientRequest
from payments.invoicing.service import IssueRequest, issue
from payments.kernel.money import vnd
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.settlement import charging, refusing
from payments.settlement.model import quarter_of
from payments.worker import run_until_idle
from tests.faults import script
from tests.faults.script import Outcome
from tests.faults.tenancy_sql import Sql
from tests.support import oracle
from tests.support.databases import Cluster
from tests.support.hospital import Hospital
from tests.support.insured import Desk
from tests.support.settlement import Fund, a_written, claimed
from tests.support.stage import SCOPE, THEIRS, Stage, morning, stage
from tests.support.web import Browser, add_user

_THEIR_SCOPE: Final = Scope(THEIRS, "user:other", "request-other")
_THEIR_NAME: Final = "LÊ THỊ NGOẠI LAI"
_REFUSALS: Final = frozenset({400, 401, 403, 404, 405})
#: What other arguments are: the day on which everything here happens.
_DAY: Final = "2026-11-24"
_NOBODY: Final = "nobody"


def run(cluster: Cluster, seed: int, *, ids: int, is_short: bool = False) -> Outcome:
    outcome = Outcome()
    chance = random.Random(seed)
    with stage(cluster, morning()) as made:
        others = Hospital(made.runtime, _THEIR_SCOPE)
        _live(made.hospital, "NGUYỄN VĂN THỬ", "OURS")
        _live(others, _THEIR_NAME, "CANARY")
        foreign = _foreign(made, chance, ids)
        # What a link of another facility is answered, not how many may be tried (A6).
        with patch.object(links, "PER_NETWORK", 1_000_000):
            _Routes(made.runtime, foreign, outcome, is_short=is_short).attack()
        Sql(made, outcome).attack()
        for scope in (SCOPE, _THEIR_SCOPE):
            outcome.failures += oracle.findings(made.runtime, scope)
    return outcome


def _live(hospital: Hospital, name: str, file_number: str) -> None:
    """Let a facility do a little of everything, so that its tables have rows."""
    runtime, scope = hospital.runtime, hospital.scope
    codes = []
    for number in range(3):
        request = IssueRequest(
            PatientRequest(name, 1958, f"{file_number}-{number}"),
            (LineRequest("KB01", 1), LineRequest("XN01", 1)),
            f"live-{scope.facility}-{number}",
        )
        invoice = issue(runtime, scope, request)
        shown = open_intent(
            runtime, scope, invoice=invoice, channel="vietqr", key=f"live-show-{number}"
        )
        codes.append(shown.code)
    hospital.arrive(hospital.transfer(codes[0], vnd(242_000)))
    hospital.arrive(hospital.transfer(codes[1], vnd(100_000)))
    hospital.arrive(hospital.transfer(f"CK {file_number} KHONG RO", vnd(2_000_000)))
    desk = Desk(hospital)
    visit = desk.open()
    desk.note(visit)
    desk.settle(visit)
    fund = Fund(hospital)
    _charge(fund, claimed(desk, visit))
    fund.bring(a_written(f"{file_number}-LK", date(2026, 9, 3)))
    fund.send("202609")
    strange = (f"{file_number}-LA", "XML3", 1, 1_000, "trùng")
    fund.assess("202609", (f"{file_number}-LK", "XML3", 1, 60_000, "sai mức hưởng"), strange)
    fund.advance("2026Q3", vnd(10_000))
    hospital.work()
    run_until_idle_in(runtime, scope)


def _charge(fund: Fund, written: Written) -> None:
    """Let a patient owe what the fund refused: the one table that nothing else fills."""
    fund.bring(written)
    month = f"{written.coverage.bill.visit.date_out:%Y%m}"
    fund.send(month)
    fund.assess(month, (written.ma_lk, "XML3", 1, 1_000, "thẻ BHYT"))
    [one] = fund.refusals(quarter_of(month))
    refusing.decide(fund.runtime, fund.scope, one.id, vnd(0), "giữ nguyên")
    charging.ask_charge(fund.runtime, fund.scope, one.id, "QĐ 1")
    charging.charge(fund.runtime, fund.hospital.by("user:chief"), one.id)


def run_until_idle_in(runtime: Runtime, scope: Scope) -> None:
    """Seal *scope*'s facility too: ``Hospital.work`` follows the jobs of all."""
    url = runtime.database.engine.url.set(username="vp_worker")
    database = type(runtime.database)(url.render_as_string(hide_password=False), runtime.clock)
    run_until_idle(replace(runtime, database=database), scope)
    database.close()


@dataclass(frozen=True, slots=True)
class Foreign:
    """What the other facility has: identifiers by kind, and words that must never be seen."""

    uuids: tuple[UUID, ...]
    tokens: tuple[str, ...]
    words: tuple[str, ...]


def _foreign(made: Stage, chance: random.Random, ids: int) -> Foreign:
    uuids: list[UUID] = []
    with made.database.reading(_THEIR_SCOPE) as tx:
        for table, name in (
            *((one, "id") for one in _tables_with("id", tx)),
            ("insured_visit", "encounter_id"),
        ):
            column = tx.execute(text(f"SELECT {name} FROM {table}")).scalars().all()
            found = [one for one in column if isinstance(one, UUID)]
            uuids += chance.sample(found, min(ids, len(found)))
        tokens = tx.execute(text("SELECT pay_token FROM invoice")).scalars().all()
        codes = tx.execute(text("SELECT code FROM intent")).scalars().all()
    words = (_THEIR_NAME, "NGOẠI LAI", "CANARY", *tokens, *codes)
    return Foreign(tuple(uuids), (*tokens[:ids], *codes[:ids]), words)


def _tables_with(column: str, tx: Any) -> list[str]:
    rows = tx.execute(
        text(
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'"
            " AND a.attname = :c AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1"
        ),
        {"c": column},
    )
    return list(rows.scalars())


class _Routes:
    """The web, asked for what is another's."""

    def __init__(
        self, runtime: Runtime, foreign: Foreign, outcome: Outcome, *, is_short: bool
    ) -> None:
        #: Who is refused before anything is looked for asks for one object, not for each.
        self._is_short = is_short
        self._app: Flask = create_app(runtime)
        self._foreign = foreign
        self._outcome = outcome
        self._runtime = runtime
        self._answers: Counter[int] = Counter()
        self._not_found: Counter[str] = Counter()
        self._browsers = {_NOBODY: Browser(self._app.test_client())}
        for role in Role:
            browser = Browser(self._app.test_client())
            browser.sign_in(add_user(runtime, SCOPE, role))
            self._browsers[role.value] = browser

    def attack(self) -> None:
        rules = [rule for rule in self._app.url_map.iter_rules() if rule.endpoint != "static"]
        named = [rule for rule in rules if _named_by(rule)]
        for rule in named:
            for who, browser in self._browsers.items():
                for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                    self._ask_for_all(rule, method, who, browser)
        for rule in rules:
            if rule not in named and "GET" in (rule.methods or set()):
                for who, browser in self._browsers.items():
                    self._refuse_words(f"{who} GET {rule.rule}", self._ask(rule, "GET", browser)[1])
        self._outcome.figures["routes that name an object"] = len(named)
        self._outcome.figures["roles, nobody among them"] = len(self._browsers)
        self._outcome.figures["requests for what is another's"] = sum(self._answers.values())
        self._outcome.figures["answers by status"] = dict(sorted(self._answers.items()))
        self._expect_events()

    def _expect_events(self) -> None:
        """Each answer "not found" to a member of the staff is a security event of the session."""
        with self._runtime.database.reading(SCOPE) as tx:
            rows = tx.execute(
                text(
                    "SELECT u.role, sum(s.missed) AS missed, (SELECT count(*) FROM audit_event a"
                    " WHERE a.kind = 'security.not_found_object'"
                    " AND a.actor = 'user:' || u.id) AS audited"
                    " FROM staff u JOIN staff_session s ON s.staff_id = u.id GROUP BY u.role, u.id"
                )
            ).all()
        wanted = {role.value: self._not_found[role.value] for role in Role}
        told = {row.role: int(row.missed) for row in rows}
        self._outcome.expect("security events of each role", told, wanted)
        unaudited = [row.role for row in rows if bool(row.missed) != bool(row.audited)]
        self._outcome.expect("roles whose events are in no audit", unaudited, [])
        self._outcome.expect("something was not found", any(wanted.values()), True)

    def _ask_for_all(self, rule: Rule, method: str, who: str, browser: Browser) -> None:
        for unknown, wanted in self._objects(rule):
            expected = self._ask_as(who, rule, method, browser, unknown)
            for one in wanted:
                status, body = self._ask_as(who, rule, method, browser, one)
                self._answers[status] += 1
                told = f"{who} {method} {rule.rule} {one}"
                self._refuse_words(told, body.replace(str(one), ""))
                is_sign_in = status in (302, 303) and "/sign-in" in body
                if status not in _REFUSALS and not is_sign_in:
                    self._outcome.failures.append(f"{told}: answered {status}")
                if (status, len(body)) != (expected[0], len(expected[1])):
                    self._outcome.failures.append(f"{told}: not as for one that is unknown")
                if self._is_short and status != 404:
                    break

    def _objects(self, rule: Rule) -> Iterator[tuple[object, Sequence[object]]]:
        """Pair an object that nobody has with those of the other facility, of the same length."""
        argument = _named_by(rule)
        if argument != "token":
            yield UUID(int=7), self._foreign.uuids
        else:
            for token in self._foreign.tokens:
                yield "x" * len(token), (token,)

    def _ask_as(
        self, who: str, rule: Rule, method: str, browser: Browser, one: object
    ) -> tuple[int, str]:
        status, body = self._ask(rule, method, browser, one)
        self._not_found[who] += status == 404
        return status, body

    def _ask(
        self, rule: Rule, method: str, browser: Browser, one: object = None
    ) -> tuple[int, str]:
        named = _named_by(rule)
        told: dict[str, object] = {
            name: 1 if isinstance(rule._converters[name], IntegerConverter) else _DAY
            for name in rule.arguments
        }
        # Of two objects both are another's, or neither is there.
        told |= {name: one for name in rule.arguments if name == named or _is_id(rule, name)}
        path = self._app.url_map.bind("localhost").build(rule.endpoint, told)
        answer = browser.get(path) if method == "GET" else browser.post(path, {"reason": "thử"})
        return answer.status_code, answer.get_data(as_text=True)

    def _refuse_words(self, told: str, body: str) -> None:
        seen = [word for word in self._foreign.words if word in body]
        if seen:
            self._outcome.failures.append(f"{told}: shows {seen[:3]}")


def _named_by(rule: Rule) -> str:
    """Find the argument that names an object; "" for a route of days, words or channels."""
    for argument in sorted(rule.arguments):
        if argument == "token" or _is_id(rule, argument):
            return argument
    return ""


def _is_id(rule: Rule, argument: str) -> bool:
    return isinstance(rule._converters[argument], UUIDConverter)


if __name__ == "__main__":
    raise SystemExit(script.main(run, "A1 nothing of another facility", {"ids": 50}))
