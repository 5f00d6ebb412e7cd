"""No message, however hostile, makes an adapter fail in a way that the inbox does not know."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payments.gateway import (
    Malformed,
    NotAuthentic,
)
from payments.kernel.money import vnd

KEEPS_FIXTURES = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None
)


@given(body=st.binary(max_size=300))
@KEEPS_FIXTURES
def test_no_bytes_raise_anything_but_our_two_errors(gateway, notified, body):
    raw = notified()

    with pytest.raises((NotAuthentic, Malformed)):
        gateway.read(replace(raw, body=body))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(data=st.data())
@KEEPS_FIXTURES
def test_no_value_of_a_signed_field_raises_anything_but_malformed(gateway, resigned, data):
    names = sorted(resigned.names)
    changed = data.draw(st.dictionaries(st.sampled_from(names), JSON, min_size=1, max_size=3))

    try:
        told = gateway.read(resigned(extra=changed))
    except (Malformed, NotAuthentic):
        return
    assert all(vnd(0) < one.amount and one.event_id and one.account for one in told)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"1",
        b"{}",
        b'{"error":0,"data":null}',
        b'{"error":0,"data":[]}',
        b"[" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"id":' + b"9" * 200_000 + b"}",
        b"x" * 300_000,
        b"&".join(b"a%d=1" % i for i in range(5_000)),
    ],
    ids=lambda body: f"{body[:12]!r}x{len(body)}",
)
def test_hostile_body_with_a_good_proof_is_refused(gateway, sealed, body):
    with pytest.raises((NotAuthentic, Malformed)):
        gateway.read(sealed(body))
