"""The codes that wait to be paid, asked from the payment service, so that nobody must copy them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import httpx

from payments.kernel.errors import Unavailable
from payments.qr.parsing import parse

_SIZE_MAX_BYTES = 1_000_000
_CODES_MAX = 50


class CodesUnknown(Unavailable):
    """The payment service did not tell which codes wait."""

    code = "codes-unknown"


@dataclass(frozen=True, slots=True)
class OpenCode:
    """The text of a code, and what it says."""

    payload: str
    memo: str
    amount: int | None


def asked_from(url: str, client: httpx.Client) -> Callable[[], Sequence[OpenCode]]:
    """
    Ask ``GET url`` each time: a JSON array of ``{"payload": "<text of the VietQR>", …}``, or an
    object that holds it as ``codes``. Texts that are no code are left out.

    The call raises Unavailable when there is no usable answer.
    """

    def ask() -> Sequence[OpenCode]:
        try:
            answer = client.get(url, timeout=5)
            answer.raise_for_status()
            if len(answer.content) > _SIZE_MAX_BYTES:
                raise ValueError("too long")
            rows = _rows(answer.json())
        except (httpx.HTTPError, ValueError, RecursionError) as error:
            raise CodesUnknown(type(error).__name__) from error
        texts = [row.get("payload") for row in rows if isinstance(row, dict)]
        found = [open_code(text) for text in texts[:_CODES_MAX] if isinstance(text, str)]
        return [one for one in found if one is not None]

    return ask


def _rows(value: object) -> list[object]:
    rows = value.get("codes") if isinstance(value, dict) else value
    if not isinstance(rows, list):
        raise ValueError("no list of codes")
    return rows


def open_code(payload: str) -> OpenCode | None:
    """Read *payload*; None when it is no code."""
    read = parse(payload).parsed
    if read is None:
        return None
    return OpenCode(payload, read.get("purpose", ""), read.get("amount"))
