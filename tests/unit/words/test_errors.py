"""Every failure has a sentence in three languages, and every sentence gets the facts it names."""

from __future__ import annotations

import ast
from datetime import UTC, datetime

import pytest

from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField, NotFound, Problem, VienphiError
from payments.kernel.money import vnd
from payments.words import catalogue
from payments.words.explaining import meaning, of_problem, sentence, shown
from tests.support import failures

_CLASSES = failures.classes()
_MADE = failures.made()
_WORDS = catalogue.read()
#: Functions that are handed a key by whoever calls them, who is looked at instead.
_PASS_ON = {
    *("line_of_text", "whole", "amount", "identifier"),
    *("_matching", "read", "label", "lines_of", "cell"),
}
_MARKED = set("ăđơưảãạắằẳẵặấầẩẫậẻẽẹếềểễệìỉĩịòỏõọốồổỗộớờởỡợủũụứừửữựỳỷỹỵ")


@pytest.mark.parametrize("kind", _CLASSES, ids=lambda kind: kind.__name__)
def test_every_failure_has_a_code_of_its_own_and_a_sentence(kind: type[VienphiError]) -> None:
    assert "code" in vars(kind)
    assert [other for other in _CLASSES if other.code == kind.code] == [kind]
    assert set(_WORDS[f"error.{kind.code}"]) == set(catalogue.LANGUAGES)


def test_every_key_that_is_raised_has_a_sentence() -> None:
    assert len([one for one in _MADE if one.key.startswith("invalid.")]) > 90

    assert {one.key: one.where for one in _MADE if one.key not in _WORDS} == {}


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_every_sentence_gets_its_facts(language: str) -> None:
    """A sentence with a fact that is not raised would be shown with a gap."""
    lacking = {
        one.where: catalogue.placeholders(_WORDS[one.key][language]) - one.facts
        for one in _MADE
        if not catalogue.placeholders(_WORDS[one.key][language]) <= one.facts
    }

    assert lacking == {}


def test_no_sentence_is_left_unraised() -> None:
    """What nobody raises is not translated three times."""
    ours = {key for key in _WORDS if key.startswith(("error.", "invalid."))}
    # Three words of the screens begin alike.
    ours -= {"error.network", "error.try_again", "error.not_found", "invalid.at_line"}
    codes = {f"error.{kind.code}" for kind in _CLASSES}

    assert ours - codes - {one.key for one in _MADE} == set()


def test_keys_are_written_where_they_are_raised() -> None:
    """A key that is put together at run time would escape these tests."""
    for path, tree in failures.trees():
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef) or function.name in _PASS_ON:
                continue
            for node in ast.walk(function):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id == "InvalidField"
                ):
                    inner = [f.name for f in ast.walk(function) if isinstance(f, ast.FunctionDef)]
                    assert isinstance(node.args[1], ast.Constant) or set(inner) & _PASS_ON, (
                        f"{path}:{node.lineno}"
                    )


def test_no_failure_carries_a_sentence_in_vietnamese() -> None:
    for path, tree in failures.trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Raise) and node.exc is not None:
                texts = [
                    part.value for part in ast.walk(node.exc) if isinstance(part, ast.Constant)
                ]
                said = "".join(text for text in texts if isinstance(text, str)).lower()
                assert not _MARKED & set(said.replace("đồng", "")), f"{path}:{node.lineno}"


def test_facts_are_written_as_on_every_page() -> None:
    assert shown(vnd(1_250_000)) == "1.250.000\N{NO-BREAK SPACE}đ"
    assert shown(HospitalDay.parse("2026-11-24")) == "24/11/2026"
    assert shown(datetime(2026, 11, 24, 1, 0, tzinfo=UTC)) == "08:00:00 · 24/11/2026"
    assert shown(7) == "7"


def test_what_was_typed_comes_back_tame() -> None:
    """A terminal must not obey a fact, and a page must not drown in one."""
    assert shown("\x1b[31mFT\n1\u202e") == "\ufffd[31mFT\ufffd1\ufffd"
    assert len(shown("x" * 1000)) == 200
    assert "{service}" in sentence(InvalidField("s", "service_unknown", service="{service}"), "en")


def test_a_line_is_named_before_what_is_wrong() -> None:
    error = InvalidField("quantity", "quantity", line=3, most=999)

    assert sentence(error, "vi") == "Dòng 3: Số lượng từ 1 đến 999."
    assert sentence(error, "fr") == "Ligne 3 : La quantité est comprise entre 1 et 999."
    problem = Problem(3, "quantity", "quantity", {"most": 999})
    assert of_problem(problem, "en") == "The quantity is from 1 to 999."


def test_a_failure_from_outside_gets_the_sentence_of_its_category() -> None:
    class Strange(NotFound):
        code = "strange"

    assert sentence(Strange("inner detail"), "en") == _WORDS["error.not-found"]["en"]
    assert sentence(InvalidField("x", "strange"), "fr") == _WORDS["error.invalid-field"]["fr"]
    assert meaning(Strange, "vi") == _WORDS["error.not-found"]["vi"]


def test_a_missing_fact_leaves_a_gap_and_never_a_placeholder() -> None:
    assert sentence(InvalidField("q", "quantity"), "en") == "The quantity is from 1 to …."
