"""Finds what a browser would run or load in a page that should hold nothing of the kind."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

_ADDRESSES: Final = (
    "href",
    "src",
    "action",
    "formaction",
    "xlink:href",
    "data",
    "srcdoc",
    "poster",
)
_RUNS: Final = re.compile(r"[\s\x00-\x20]*(javascript|vbscript|data)[\s\x00-\x20]*:", re.IGNORECASE)
_NEVER: Final = {
    "iframe", "object", "embed", "base", "style", "foreignobject", "animate", "set", "marquee",
    "template", "portal", "math", "video", "audio", "frame", "applet", "noscript",
}  # fmt: skip
_OWN: Final = re.compile(r"/static/[a-z_-]+\.js(\?[\w=.-]*)?")


def executable(page: str) -> list[str]:
    """List the tags and attributes of *page* that would run or load something not ours."""
    finder = _Finder()
    finder.feed(page)
    finder.close()
    return finder.found


class _Finder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name.lower(): value or "" for name, value in attrs}
        if tag in _NEVER or (tag == "script" and not _OWN.fullmatch(told.get("src", ""))):
            self.found.append(f"<{tag} {told}>")
        if tag == "meta" and "http-equiv" in told:
            self.found.append(f"<meta {told}>")
        for name, value in told.items():
            is_link = (
                name in _ADDRESSES and _RUNS.match(value) and not _is_picture(tag, name, value)
            )
            if name.startswith("on") or name in ("style", "srcdoc") or is_link:
                self.found.append(f"<{tag} {name}={value[:60]}>")

    handle_startendtag = handle_starttag


def _is_picture(tag: str, name: str, value: str) -> bool:
    return (tag, name) == ("img", "src") and value.startswith("data:image/png;base64,")
