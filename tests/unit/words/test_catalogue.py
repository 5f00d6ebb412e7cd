"""Every word that is shown is there in three languages, with the same placeholders."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from string import Formatter

import pytest

from payments import web
from payments.card_checks.codes import MEANINGS, Meaning
from payments.card_checks.model import Again, Doubt, Source
from payments.card_checks.model import Reason as CardReason
from payments.gateway.troubles import Trouble
from payments.gateway.values import Outcome
from payments.inbox.effects import Effect
from payments.receipts.model import Flag
from payments.reconciliation.income import KINDS
from payments.reconciliation.model import Verdict
from payments.resources import resource
from payments.web.finance.board import SHOWS
from payments.words import catalogue
from tests.support import failures

_WORDS = catalogue.read()
_KEY = r"""["']([a-z_.A-Z0-9-]+[a-z0-9])["']"""
_IN_TEMPLATE = re.compile(rf"\bT\(\s*{_KEY}\s*(?:,|\))")
_IN_CODE = re.compile(rf"\b(?:words|say)\(\s*{_KEY}")
_WITH_VALUES = re.compile(rf"\b(?:T|words)\(\s*{_KEY}\s*((?:,[^()]*(?:\([^()]*\)[^()]*)*)?)\)")
_QUOTED = re.compile(_KEY)
#: The others are the terms that all screens to come share, and the failures, looked at elsewhere.
_OURS = {
    row["key"]
    for name in ("more_terms.csv", "finance.csv", "patient.csv")
    for row in csv.DictReader(
        (Path(catalogue.__file__).parent / "data" / name).read_text(encoding="utf-8").splitlines()
    )
}


def _templates() -> list[str]:
    return [path.read_text(encoding="utf-8") for path in resource("templates").rglob("*.html")]


def _sources() -> list[str]:
    root = Path(web.__path__[0])
    return [path.read_text(encoding="utf-8") for path in root.rglob("*.py")]


def test_all_languages_have_the_same_placeholders() -> None:
    different = [
        key
        for key, texts in _WORDS.items()
        if len({catalogue.placeholders(text) for text in texts.values()}) != 1
    ]

    assert len(_WORDS) > 1500
    assert different == []


def test_placeholders_are_plain_names() -> None:
    """``{amount:,}`` would be a second way to format, ``{amount.dong}`` a look inside."""
    other = [(key, text) for key, texts in _WORDS.items() for text in texts.values() if _odd(text)]

    assert other == []


def _odd(text: str) -> bool:
    parsed = list(Formatter().parse(text))
    braced = {name for _, name, _, _ in parsed if name is not None}
    return braced != catalogue.placeholders(text) or any(spec for _, _, spec, _ in parsed)


def test_every_key_in_a_template_has_words() -> None:
    used = {key for text in _templates() for key in _IN_TEMPLATE.findall(text)}

    assert len(used) > 150
    assert {key for key in used if not catalogue.has(key)} == set()


def test_every_key_in_the_code_has_words() -> None:
    used = {key for text in _sources() for key in _IN_CODE.findall(text)}

    assert len(used) > 25
    assert {key for key in used if not catalogue.has(key)} == set()


def test_words_get_the_values_that_they_name() -> None:
    """Each use of a text names each of its placeholders; else the page would fail, or show one."""
    for text in [*_templates(), *_sources()]:
        for key, values in _WITH_VALUES.findall(text):
            given = set(re.findall(r"\b([a-z_]+)=", values))
            wanted = catalogue.placeholders(_WORDS[key]["vi"])
            assert wanted <= given or "**" in values, (key, values)


def test_no_key_of_ours_is_left_unused() -> None:
    """What nobody shows is not translated three times."""
    text = "\n".join([*_templates(), *_sources()])
    written = set(_QUOTED.findall(text))
    made = {f"problem.{kind.code}" for kind in failures.classes()}
    made |= {f"frame.language.{one}" for one in catalogue.LANGUAGES}
    made |= {f"finance.verdict.{one}" for one in Verdict} | {f"finance.flag.{one}" for one in Flag}
    made |= {f"finance.tab.{one}" for one in SHOWS}
    made |= {f"finance.income.{one}" for one in KINDS}
    made |= {f"finance.kept.{one}" for one in ("message", "line")}
    made |= {f"finance.kept.why.outcome-{one}" for one in Outcome}
    made |= {f"finance.kept.why.{one}" for one in ("foreign-account", "several-could-be-meant")}
    made |= {f"finance.kept.why.{Effect.UNCLEAR}"}
    made |= {f"trouble.{one}" for one in Trouble}
    made |= {f"finance.why.{one}" for one in ("code", "code_short", "code_over", "amount_time")}
    made |= {f"card.code.{one}" for one in MEANINGS} | {f"card.do.{one}" for one in Meaning}
    made |= {f"card.doubt.{one}" for one in Doubt} | {f"card.again.{one}" for one in Again}
    made |= {f"card.reason.{one}" for one in CardReason} | {f"card.source.{one}" for one in Source}
    codes = ("200", "201", "202", "204", "205", "401", "403", "408", "500", "1001")
    made |= {f"claims.sent.{one}" for one in codes}
    made |= {f"claims.send.{one}" for one in ("not_sent", "unanswered")}
    # A group of statuses; a text with its ".more".
    by_rule = re.compile(r"problem\.(http|advice)\.\d{3}|.*\.more")

    assert {key for key in _OURS - written - made if not by_rule.fullmatch(key)} == set()


def test_reasons_that_money_is_kept_are_worded() -> None:
    reasons = {f"outcome-{one}" for one in Outcome} - {"outcome-captured", "outcome-paid_out"}
    reasons |= {"foreign-account", "several-could-be-meant", Effect.UNCLEAR.value}

    assert {one for one in reasons if not catalogue.has(f"finance.kept.why.{one}")} == set()


def test_no_template_formats_by_itself() -> None:
    for text in _templates():
        assert not re.search(r"<i>đ</i>|\}\}\s*đ|strftime|\|\s*(format|round)\b|%d|:,", text)


def test_missing_words_are_a_mistake_of_ours() -> None:
    with pytest.raises(catalogue.MissingWording):
        catalogue.say("no.such.key", "vi")
    with pytest.raises(catalogue.MissingWording):
        catalogue.say("status.underpaid", "vi")


def test_placeholders_are_filled_and_values_are_not_read_again() -> None:
    text = catalogue.say("status.underpaid", "vi", {"amount": "{amount.__class__}"})

    assert text == "Thanh toán thiếu {amount.__class__}"
