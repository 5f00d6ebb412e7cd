"""The signatures, against vectors from outside and against what Node writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adapters._wire import strict_json
from adapters.casso import signature as casso
from adapters.casso.canonical import canonical
from adapters.sepay import signature as sepay

VECTORS = json.loads(
    (Path(__file__).parents[2] / "vectors" / "gateways.json").read_text(encoding="utf-8")
)["vectors"]


def vectors(prefix: str) -> list[Any]:
    found = [one for one in VECTORS if one["id"].startswith(prefix)]
    return [pytest.param(one, id=one["id"]) for one in found]


@pytest.mark.parametrize("vector", vectors("v-sepay-webhook-hmac"))
def test_sepay_signature_fits_the_vectors(vector):
    headers, body = vector["input"]["headers"], vector["input"]["raw_body"].encode()
    timestamp, given = headers["X-SePay-Timestamp"], headers["X-SePay-Signature"]

    accepted = sepay.is_authentic(body, timestamp, given, vector["key"])

    assert accepted == (vector["expect"] == "accept")
    if accepted:
        assert sepay.sign(body, timestamp, vector["key"]) == vector["signature"]


@pytest.mark.parametrize("vector", vectors("v-sepay-webhook-apikey"))
def test_sepay_key_fits_the_vectors(vector):
    accepted = sepay.has_key(vector["input"]["headers"]["Authorization"], vector["key"])

    assert accepted == (vector["expect"] == "accept")


@pytest.mark.parametrize("vector", vectors("v-casso"))
def test_casso_signature_fits_the_vectors(vector):
    body, header = vector["input"]["body"], vector["input"]["header"]

    accepted = casso.is_authentic(body, header, vector["key"])

    assert accepted == (vector["expect"] == "accept")
    assert vector["canonical"].endswith("." + canonical(body))


# Each right side was written by Node 20: JSON.stringify of the parsed left side, names sorted.
@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("[1.0,-0,-0.0,1e21,1e20,1E3,12.50]", "[1,0,0,1e+21,100000000000000000000,1000,12.5]"),
        ("[1.5e-7,0.000001,1e-7,0.1,100.25]", "[1.5e-7,0.000001,1e-7,0.1,100.25]"),
        ('{"b":1,"10":1,"2":1,"a":null,"01":true}', '{"2":1,"10":1,"01":true,"a":null,"b":1}'),
        (r'"\u2028\u007f\ud800\u00e9\/\u0001\n"', '"\u2028\x7f\\ud800é/\\u0001\\n"'),
        (r'{"\ud83d\ude00":1,"\ue000":2}', '{"😀":1,"\ue000":2}'),
        ('{"z":{"y":[{"d":1,"c":2}],"x":{}}}', '{"z":{"x":{},"y":[{"c":2,"d":1}]}}'),
    ],
)
def test_canonical_json_is_what_node_writes(text, written):
    assert canonical(strict_json.loads(text.encode())) == written


@pytest.mark.parametrize(
    "header",
    ["", "t=1,v1=", "v1=00,t=1", "t=1", "t=x,v1=" + "0" * 128, "t=1,v1=" + "0" * 128 + ",v1=1"],
)
def test_casso_header_of_another_form_is_not_authentic(header):
    assert not casso.is_authentic({"error": 0}, header, "key")


def test_header_that_holds_no_characters_is_compared_and_refused():
    assert not sepay.has_key("Apikey \udcff", "key")
    assert not casso.has_token("\udcff", "token")
    assert not sepay.is_authentic(b"", "1", "\udcff", "key")
