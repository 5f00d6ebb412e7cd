"""Messages that keep a gateway's structure and lose its sense: fields, text, bytes and headers."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote, urlencode

from payments.gateway import RawNotification

Fields = dict[str, Any]

_DIGITS: Final = "9" * 5_000
_NUMBERS: Final = (
    0, -1, 1, 149_999, 10**9, 10**15, 10**15 + 1, 2**63, 10**40, 0.5, 1e308, -0.0, 150_000.0,
)  # fmt: skip
_TEXTS: Final = (
    "", " ", "0", "-150000", "+150000", "150000.00", "1e9", "150,000", "0x10", "NaN", "١٥٠٠٠٠",
    _DIGITS, "a" * 20_000, "\x00", "\ud800", "\u202e000051", "e\u0301" * 2_000, "null", "true",
    "2026-02-30 25:61:61", "0000-00-00 00:00:00", "9999-12-31T23:59:59Z", "20261124", "'; --",
    "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/hostname'>]><a>&b;</a>", "{{7*7}}", "%s%n", "=1+1",
)  # fmt: skip
_TYPES: Final = (
    "application/json", "application/x-www-form-urlencoded", "text/xml", "application/xml",
    "multipart/form-data", "multipart/form-data; boundary=x", "text/plain; charset=utf-7", "",
)  # fmt: skip
_XML: Final = (
    b"<?xml version='1.0'?><a/>",
    b"<!DOCTYPE a [<!ENTITY b 'x'><!ENTITY c '&b;&b;&b;&b;'>]><a>&c;</a>",
    b"<!DOCTYPE a SYSTEM 'http://127.0.0.1:1/x'><a/>",
    b"<a>" * 20_000,
)


def value(chance: random.Random) -> Any:
    """Draw what no field expects: another type, another size, another script."""
    match chance.randrange(8):
        case 0:
            return chance.choice((None, True, False, [], {}))
        case 1 | 2:
            return chance.choice(_NUMBERS)
        case 3 | 4 | 5:
            return chance.choice(_TEXTS)
        case 6:
            return _deep(chance.choice((2, 50, 400)))
        case _:
            return [{"a": chance.choice(_TEXTS)}] * chance.randint(1, 300)


def _deep(levels: int) -> Any:
    inner: Any = 1
    for level in range(levels):
        inner = [inner] if level % 2 else {"data": inner}
    return inner


def misshapen(fields: Fields, chance: random.Random) -> Fields:
    """Change one to three places of *fields*, at any depth; what it was made of stays as it was."""
    made: Fields = json.loads(json.dumps(fields))
    for _ in range(chance.randint(1, 3)):
        _change(_somewhere(made, chance), chance)
    return made


def _somewhere(fields: Fields, chance: random.Random) -> Fields:
    """Choose an object of the tree: the outermost, or one within."""
    at = fields
    while True:
        inner = [one for one in at.values() if isinstance(one, dict) and one]
        inner += [one[0] for one in at.values() if isinstance(one, list) and _holds_fields(one)]
        if not inner or chance.random() < 0.4:
            return at
        at = chance.choice(inner)


def _holds_fields(things: list[Any]) -> bool:
    return bool(things) and isinstance(things[0], dict) and bool(things[0])


def _change(at: Fields, chance: random.Random) -> None:
    names = list(at)
    if not names:
        at["a"] = value(chance)
        return
    name, other = chance.choice(names), chance.choice(names)
    match chance.randrange(7):
        case 0:
            del at[name]
        case 1:
            at[name], at[other] = at[other], at[name]
        case 2:
            at[chance.choice(_TEXTS)[:50]] = at[name]
        case 3:
            at[name] = [at[name]]
        case _:
            at[name] = value(chance)


def as_json(fields: Any, chance: random.Random) -> bytes:
    """Write JSON as nobody should: names twice, NaN, other encodings, cut, or simply well."""
    text = json.dumps(fields, ensure_ascii=chance.random() < 0.5)
    match chance.randrange(12):
        case 0:
            first, _, rest = text.partition(",")
            text = f"{first},{first.removeprefix('{')},{rest}"
        case 1:
            text = text.replace("150000", chance.choice(("NaN", "Infinity", "1E400", "01")))
        case 2:
            text = text[: chance.randrange(len(text) + 1)]
        case 3:
            return text.encode(chance.choice(("utf-16", "utf-8-sig", "utf-32")), "surrogatepass")
    return text.encode(errors="surrogatepass")


def as_form(fields: Fields, chance: random.Random) -> bytes:
    """Write a form: names twice, broken escapes, other separators, or simply well."""
    plain = {name: one if isinstance(one, str) else json.dumps(one) for name, one in fields.items()}
    text = urlencode(plain, errors="surrogatepass")
    match chance.randrange(8):
        case 0:
            text += f"&{text}"
        case 1:
            text = text.replace("=", chance.choice(("==", "%", ";", "[]=")), 2)
        case 2:
            text += "&" + quote(chance.choice(_TEXTS), errors="surrogatepass") + "=1"
    return text.encode()


def bytes_of(body: bytes, chance: random.Random) -> bytes:
    """Change bytes, cut, repeat, or put something else in place of *body*."""
    if not body or chance.random() < 0.3:
        return chance.choice((*_XML, b"", b"null", b"[" * 50_000, chance.randbytes(200)))
    spoilt = bytearray(body)
    for _ in range(chance.randint(1, 6)):
        spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
    at = chance.randrange(len(spoilt))
    return bytes(chance.choice((spoilt, spoilt[:at], spoilt[at:], spoilt + spoilt)))


def headers_of(headers: Mapping[str, str], chance: random.Random) -> dict[str, str]:
    """Lose a header, make it empty or long, or tell another type of content."""
    made = dict(headers)
    name = chance.choice(sorted(made) or ["content-type"])
    match chance.randrange(4):
        case 0:
            made.pop(name, None)
        case 1:
            made[name] = chance.choice(("", "x", "é", "v1=" * 1_000, "t=9" + "9" * 400))
        case _:
            made["content-type"] = chance.choice(_TYPES)
    return made


def spoilt(
    true: RawNotification,
    anew: Callable[[RawNotification, random.Random], RawNotification],
    chance: random.Random,
) -> tuple[str, RawNotification]:
    """Draw a hostile message from a *true* one; *anew* proves its misshapen fields again."""
    kind = chance.choices(("fields", "bytes", "headers", "method"), (70, 18, 10, 2))[0]
    match kind:
        case "fields":
            return kind, anew(true, chance)
        case "bytes":
            if true.raw_query:
                query = bytes_of(true.raw_query.encode(), chance)[:8_000]
                return kind, replace(true, raw_query=quote(query, safe="=&%+"))
            return kind, replace(true, body=bytes_of(true.body, chance))
        case "headers":
            return kind, replace(true, headers=headers_of(true.headers, chance))
        case _:
            return kind, replace(true, method="GET" if true.method == "POST" else "POST")
