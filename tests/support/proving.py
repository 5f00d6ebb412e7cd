"""Gives changed messages of each gateway a good proof, so that what is within them is read."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode

from adapters._wire import strict_json
from adapters.casso import signature as casso
from adapters.momo import signature as momo
from adapters.onepay import signature as onepay
from adapters.payos import signature as payos
from adapters.sepay import signature as sepay
from adapters.stripe import signature as stripe
from adapters.vnpay import signature as vnpay
from adapters.zalopay import signature as zalopay
from payments.gateway import RawNotification
from tests.support.gateways import settings_of_sandbox
from tests.support.hostile_shapes import Fields, as_form, as_json, misshapen

#: Writes a changed message of one gateway and proves it; what cannot be proven goes out unproven.
Anew = Callable[[RawNotification, random.Random], RawNotification]


def _momo(raw: RawNotification, chance: random.Random) -> RawNotification:
    told = settings_of_sandbox("momo")
    fields = misshapen(json.loads(raw.body), chance)
    keys = told["access_key"], told["secret_key"]
    signed = _or_none(lambda: momo.sign(fields, momo.RESULT, keys))
    return replace(raw, body=as_json({**fields, momo.SIGNATURE: signed}, chance))


def _payos(raw: RawNotification, chance: random.Random) -> RawNotification:
    told = json.loads(raw.body)
    is_outer = chance.random() < 0.2
    told = misshapen(told, chance) if is_outer else told | {"data": misshapen(told["data"], chance)}
    if isinstance(told.get("data"), dict) and chance.random() < 0.9:
        key = settings_of_sandbox("payos")["checksum_key"]
        told["signature"] = _or_none(lambda: payos.sign_object(told["data"], key))
    return replace(raw, body=as_json(told, chance))


def _zalopay(raw: RawNotification, chance: random.Random) -> RawNotification:
    told = json.loads(raw.body)
    data = as_json(misshapen(json.loads(told["data"]), chance), chance).decode("utf-8", "replace")
    mac = zalopay.sign(data, settings_of_sandbox("zalopay")["key2"])
    return replace(raw, body=json.dumps({**told, "data": data, "mac": mac}).encode())


def _stripe(raw: RawNotification, chance: random.Random) -> RawNotification:
    body = as_json(misshapen(json.loads(raw.body), chance), chance)
    seconds, secret = int(raw.received_at.timestamp()), settings_of_sandbox("stripe")
    proof = stripe.header(body, seconds, secret["webhook_secret"])
    return replace(raw, body=body, headers={**raw.headers, stripe.HEADER: proof})


def _sepay_pg(raw: RawNotification, chance: random.Random) -> RawNotification:
    # The key in a header proves the caller, whatever is said.
    return replace(raw, body=as_json(misshapen(json.loads(raw.body), chance), chance))


def _of_query(
    prefix: str, name: str, sign: Callable[[Fields], str]
) -> Callable[[RawNotification, random.Random], RawNotification]:
    def anew(raw: RawNotification, chance: random.Random) -> RawNotification:
        params = misshapen(dict(parse_qsl(raw.raw_query, keep_blank_values=True)), chance)
        # A server ends a request line at 8 kB.
        plain = {_named(key, prefix): _short(one) for key, one in params.items()}
        plain.pop(name, None)
        plain[name] = _or_none(lambda: sign(plain)) or ""
        query = urlencode(plain, quote_via=quote, errors="surrogatepass")
        return replace(raw, raw_query=query if chance.random() < 0.9 else f"{query}&{query[:200]}")

    return anew


def _named(key: str, prefix: str) -> str:
    return key if key.startswith(prefix) else prefix + key


def _short(one: Any) -> str:
    return (one if isinstance(one, str) else json.dumps(one))[:300]


def sepay_anew(mode: Any) -> Anew:
    """Write for SePay in *mode*: JSON or a form, signed or with a key."""
    is_form, auth, secret = mode.feed.body == "form", mode.feed.auth, mode.feed.credential

    def anew(raw: RawNotification, chance: random.Random) -> RawNotification:
        if is_form:
            fields: Fields = dict(parse_qsl(raw.body.decode(), keep_blank_values=True))
            body = as_form(misshapen(fields, chance), chance)
        else:
            body = as_json(misshapen(json.loads(raw.body), chance), chance)
        if auth == "apikey":
            return replace(raw, body=body)
        stamp = raw.headers["x-sepay-timestamp"]
        proof = {"x-sepay-signature": sepay.sign(body, stamp, secret)}
        return replace(raw, body=body, headers={**raw.headers, **proof})

    return anew


def casso_anew(mode: Any) -> Anew:
    """Write for Casso in *mode*: version 1 with a token, version 2 signed."""

    def anew(raw: RawNotification, chance: random.Random) -> RawNotification:
        body = as_json(misshapen(json.loads(raw.body), chance), chance)
        if mode.feed.webhook == "v1":
            return replace(raw, body=body)
        at = str(int(raw.received_at.timestamp() * 1_000))
        signed = _or_none(lambda: casso.sign(strict_json.loads(body), at, mode.feed.credential))
        return replace(raw, body=body, headers={**raw.headers, "x-casso-signature": signed or ""})

    return anew


def _or_none(sign: Callable[[], str]) -> str | None:
    """Sign what can be signed: what has no one text to sign is told without a proof."""
    try:
        return sign()
    except (ValueError, TypeError, AttributeError, UnicodeEncodeError, RecursionError):
        return None


ANEW: Final[Mapping[str, Anew]] = {
    "momo": _momo,
    "onepay": _of_query(
        "vpc_",
        onepay.HASH,
        lambda params: onepay.sign(params, settings_of_sandbox("onepay")["hash_key"]),
    ),
    "payos": _payos,
    "sepay_pg": _sepay_pg,
    "stripe": _stripe,
    "vnpay": _of_query(
        "vnp_",
        vnpay.HASH,
        lambda params: vnpay.sign(params, settings_of_sandbox("vnpay")["hash_secret"]),
    ),
    "zalopay": _zalopay,
}
