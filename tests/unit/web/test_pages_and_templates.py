"""A page object has one template and a template has one page object."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import is_dataclass
from pathlib import Path

import payments.web
from payments.resources import resource

#: Parts of pages, and papers.
_FOLDERS_WITHOUT_PAGES = {"macros", "typst"}
_FRAMES = {"base.html", "staff.html", "patient/frame.html", "display/frame.html"}


def page_classes() -> dict[str, list[str]]:
    """Find every page object below ``payments.web``: template → names of its classes."""
    found: dict[str, list[str]] = {}
    for module in pkgutil.walk_packages(payments.web.__path__, "payments.web."):
        loaded = importlib.import_module(module.name)
        for name, thing in vars(loaded).items():
            if (
                isinstance(thing, type)
                and thing.__module__ == module.name
                and is_dataclass(thing)
                and "template" in vars(thing)
            ):
                found.setdefault(vars(thing)["template"], []).append(name)
    return found


def templates() -> set[str]:
    root = resource("templates")
    names = {path.relative_to(root).as_posix() for path in root.rglob("*.html")}
    return {name for name in names - _FRAMES if Path(name).parts[0] not in _FOLDERS_WITHOUT_PAGES}


def test_every_template_has_exactly_one_page() -> None:
    pages = page_classes()

    assert set(pages) == templates()
    assert all(len(names) == 1 for names in pages.values()), pages


def test_every_page_is_frozen() -> None:
    for module in pkgutil.walk_packages(payments.web.__path__, "payments.web."):
        for thing in vars(importlib.import_module(module.name)).values():
            if isinstance(thing, type) and is_dataclass(thing) and "template" in vars(thing):
                assert thing.__dataclass_params__.frozen, thing


def test_no_template_trusts_text() -> None:
    for path in resource("templates").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "|safe" not in text.replace(" ", ""), path
        assert "autoescape" not in text, path
