"""The signature is that of Standard Webhooks: its own verifier accepts it, and nothing altered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from payments.events.signing import headers, new_secret
from payments.kernel.secret import Secret

#: The example of the specification's reference libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE = "msg_p5jXN8AQM9LWM0D4loKWxJek"
BODY = b'{"test": 2432232314}'


def test_the_published_vector_is_reproduced() -> None:
    at = datetime.fromtimestamp(1614265330, UTC)

    made = headers(MESSAGE, at, BODY, [Secret(SECRET)])

    assert made == {
        "webhook-id": MESSAGE,
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_the_published_verifier_accepts_each_secret_of_a_rotation() -> None:
    fresh, former, other = new_secret(), new_secret(), new_secret()
    body = '{"type":"invoice.paid","data":{"invoice":"VP26000001"}}'

    made = headers("evt_1", datetime.now(UTC), body.encode(), [fresh, former])

    for secret in (fresh, former):
        assert Webhook(secret.reveal()).verify(body, made)["type"] == "invoice.paid"
    with pytest.raises(WebhookVerificationError):
        Webhook(other.reveal()).verify(body, made)


@pytest.mark.parametrize("change", ["body", "webhook-id", "webhook-timestamp"])
def test_what_is_altered_on_the_way_is_refused(change: str) -> None:
    secret = new_secret()
    body = '{"paid":150000}'
    now = datetime.now(UTC)
    made = headers("evt_1", now, body.encode(), [secret])

    if change == "body":
        body = '{"paid":950000}'
    else:
        later = str(int((now + timedelta(seconds=9)).timestamp()))
        made = made | {change: "evt_2" if change == "webhook-id" else later}

    with pytest.raises(WebhookVerificationError):
        Webhook(secret.reveal()).verify(body, made)


def test_secrets_are_long_and_never_the_same() -> None:
    made = {new_secret().reveal() for _ in range(100)}

    assert len(made) == 100
    assert all(one.startswith("whsec_") and len(one) == 6 + 44 for one in made)
