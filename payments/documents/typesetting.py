"""Sets a page as PDF or picture. Data goes in as JSON, never pasted into a template's source."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import typst

from payments.documents.printable import cleaned
from payments.kernel.errors import Unavailable
from payments.resources import resource

#: PDF/A-2b: an accounting voucher must be readable in ten years.
_STANDARD: Final = "a-2b"


class PaperNotMade(Unavailable):
    """The paper could not be set: money and number stand, and it can be printed later."""

    code = "receipt-not-made"


def pdf(template: str, data: Mapping[str, object]) -> bytes:
    """
    Set *template* (a file below ``templates/typst``) with *data*.

    Raises:
        PaperNotMade: the typesetter failed; what it says is for the log alone.

    The fonts are ours, beside the templates; a letter that they lack comes from those built into
    typst. No font of the machine is used, so that every machine sets the same page. What neither
    has becomes a sign. A template reads files of its own folder only (``root``).
    """
    return _set(template, data, format="pdf", pdf_standards=_STANDARD)


def picture(template: str, data: Mapping[str, object]) -> bytes:
    """
    Set the one page of *template* as SVG, which a browser prints without opening anything.

    Raises:
        PaperNotMade: as ``pdf`` says.
    """
    return _set(template, data, format="svg")


def _set(template: str, data: Mapping[str, object], **how: Any) -> bytes:
    folder = resource("templates") / "typst"
    try:
        page: bytes = typst.compile(
            str(folder / template),
            root=str(folder),
            font_paths=[str(folder / "fonts")],
            sys_inputs={"data": json.dumps(cleaned(data), ensure_ascii=False)},
            ignore_system_fonts=True,
            **how,
        )
    except (RuntimeError, OSError) as error:
        raise PaperNotMade(type(error).__name__) from error
    return page
