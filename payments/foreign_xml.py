"""
Opens XML that others sent: small, UTF-8, without a DOCTYPE, shallow; the network is never asked.

The order of the checks is the order of what they cost: a bomb is refused before it is parsed.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

from lxml import etree

#: Real documents of ours are six levels deep.
_DEPTH_MAX: Final = 20
#: A table of 5 MB with real lines has some 300,000; each is memory, whatever stands in it.
TAGS_MAX: Final = 400_000
#: Only the root of an envelope has attributes, two name spaces.
_TAG: Final = re.compile(r"<[^\s<>!?/][^<>]{4096}")
_DECLARED: Final = re.compile(r"""\s*<\?xml[^>]*?encoding\s*=\s*["']([^"']*)["']""")
_DOCTYPE: Final = re.compile("<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_TOO_DEEP: Final = etree.XPath("boolean(" + "/*" * (_DEPTH_MAX + 1) + ")")


class Unreadable(Exception):
    """A document is not opened; *code* is the finding, *line* where the parser stopped."""

    def __init__(self, code: str, line: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.line = line


def root_of(content: bytes, *, most: int, tags_most: int = TAGS_MAX) -> etree._Element:
    """
    Parse *content*, at most *most* bytes with *tags_most* tags.

    Raises:
        Unreadable: LIMIT_EXCEEDED, ENCODING_NOT_UTF8, XML_DTD_FORBIDDEN or XML_MALFORMED.
    """
    if len(content) > most:
        raise Unreadable("LIMIT_EXCEEDED")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("ENCODING_NOT_UTF8") from error
    declared = _DECLARED.match(text)
    # UTF-16 without a mark is made of letters and zeros, and both are UTF-8.
    if "\0" in text or (declared and declared[1].lower() not in ("utf-8", "utf8")):
        raise Unreadable("ENCODING_NOT_UTF8")
    # Hardly any document has such a mark at all, and that is quick to see.
    if "<!" in text and _DOCTYPE.search(text):
        raise Unreadable("XML_DTD_FORBIDDEN")
    if text.count("<") > tags_most or _TAG.search(text):
        raise Unreadable("LIMIT_EXCEEDED")
    # Twenty megabytes that the parser does not need beside its own.
    del text
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content.removeprefix(codecs.BOM_UTF8), parser)
    except etree.XMLSyntaxError as error:
        # libxml2 stops by itself at 256 levels, and says so in no better way.
        too_deep = error.code == etree.ErrorTypes.ERR_RESOURCE_LIMIT or "depth" in str(error)
        code = "LIMIT_EXCEEDED" if too_deep else "XML_MALFORMED"
        raise Unreadable(code, error.lineno) from error
    if _TOO_DEEP(root):
        raise Unreadable("LIMIT_EXCEEDED")
    return root
