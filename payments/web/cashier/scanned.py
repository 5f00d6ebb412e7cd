"""What a scan told, carried through a form: sealed, for one person, for half an hour."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Final

from payments.kernel.errors import Rejected
from payments.keys import WrongKeys
from payments.patients.model import Facts, birth_of, written
from payments.web.current import runtime, scope

FIELD: Final = "scanned"
_CONTEXT: Final = "form.scanned"
_LIFE_S: Final = 1_800
#: A name of 120 letters, twice sealed over.
_LENGTH_MAX: Final = 4_096


class StaleScan(Rejected):
    """The page is too old, or was not made for you: scan the card again."""

    code = "stale-scan"


def seal(facts: Facts) -> str:
    """Seal *facts*, so that no page holds a whole number in clear and no form can change one."""
    told = {
        "until": int(runtime().clock.now().timestamp()) + _LIFE_S,
        "for": _whose(),
        "name": facts.name,
        "birth": written(facts.birth) if facts.birth else "",
        "identity": facts.identity,
        "card": facts.card,
    }
    sealed = runtime().keys.seal("session", json.dumps(told), context=_CONTEXT)
    return base64.urlsafe_b64encode(sealed).decode()


def read(field: str) -> Facts:
    """
    Open what ``seal`` made; nothing where the form has nothing.

    Raises:
        StaleScan: too old, of another person or facility, or changed.
    """
    if not field:
        return Facts()
    if len(field) > _LENGTH_MAX:
        raise StaleScan("the sealed scan is too long")
    try:
        sealed = base64.b64decode(field, altchars=b"-_", validate=True)
        told = json.loads(runtime().keys.open("session", sealed, context=_CONTEXT))
    except (binascii.Error, ValueError, WrongKeys) as error:
        raise StaleScan("the sealed scan does not open") from error
    if told["for"] != _whose() or told["until"] < runtime().clock.now().timestamp():
        raise StaleScan("the sealed scan is too old or another's")
    return Facts(
        name=told["name"],
        birth=birth_of(told["birth"]) if told["birth"] else None,
        identity=told["identity"],
        card=told["card"],
    )


def _whose() -> str:
    return f"{scope().facility} {scope().actor}"
