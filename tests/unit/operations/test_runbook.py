"""Whoever follows the runbook at night finds every command, page, alert and unit that it names."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from payments import cli
from payments.app import create_app
from payments.runtime import Runtime
from tests.unit.operations.watching.test_alerts import ALERTS

ROOT = Path(__file__).resolve().parents[3]
BOOKS = {
    name: (ROOT / f"docs/runbook.{name}.md").read_text(encoding="utf-8") for name in ("vi", "en")
}
_ANCHOR = re.compile(r'<a id="([a-z-]+)"></a>\n\n## (.+)')
INCIDENTS = (
    "program-down", "database-down", "disk-or-backup", "gateway-down", "forged-messages",
    "books-wrong", "account-misused", "keys-lost",
)  # fmt: skip


def commands(book: str) -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", BOOKS[book], re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def of_vienphi() -> list[str]:
    lines = [re.sub(r"^/opt/vienphi-new/bin/", "", line) for line in commands("en")]
    # Also what stands between words.
    inline = re.findall(r"`(vienphi [^`]+)`", BOOKS["en"])
    return [line for line in lines if line.startswith("vienphi ")] + [
        f"{line} FILE" if line.endswith("backup key") else line for line in inline
    ]


@pytest.mark.parametrize("line", of_vienphi())
def test_every_command_is_one_that_exists_with_its_options(line: str) -> None:
    words = shlex.split(line)[1:]

    args = cli._parser(cli._modules(words)).parse_args(words)

    assert hasattr(args, "run") or hasattr(args, "run_with")


@pytest.mark.parametrize("book", BOOKS)
def test_every_incident_has_its_chapter(book: str) -> None:
    anchors = [anchor for anchor, _ in _ANCHOR.findall(BOOKS[book])]

    assert anchors == [*INCIDENTS, "upgrade"]


def test_both_languages_give_the_same_commands_and_name_the_same_things() -> None:
    assert commands("vi") == commands("en")
    for pattern in (r"`(/[a-z/]+)`", r"\bVienphi[A-Z]\w+"):
        named = [sorted(re.findall(pattern, text)) for text in BOOKS.values()]
        assert named[0] == named[1]


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_every_alert_leads_to_a_chapter_that_names_it(rule: dict[str, dict[str, str]]) -> None:
    anchor = rule["annotations"]["runbook"]
    for text in BOOKS.values():
        chapter = text.split(f'<a id="{anchor}"></a>')[1].split("<a id=")[0]
        assert str(rule["alert"]) in chapter


def test_every_page_is_one_that_exists(runtime: Runtime) -> None:
    pages = {rule.rule for rule in create_app(runtime).url_map.iter_rules()}
    named = set(re.findall(r"`(/(?:admin|finance|desk)[a-z/]*)`", BOOKS["en"]))

    assert len(named) > 5
    assert named <= pages


def test_every_unit_of_ours_is_one_that_ships() -> None:
    named = set(re.findall(r"\bvienphi-(?:web|worker)\b", " ".join(commands("en"))))

    shipped = {path.stem for path in (ROOT / "docs/deploy").glob("*.service")}
    assert named
    assert named <= shipped
