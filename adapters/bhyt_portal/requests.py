"""
What we send to the portal, as bytes: pure, so that vectors can be held against it.

The portal wants the password as the MD5 of it in capitals, with the token and with every call. It
is its rule, and no protection: whoever has the hash has the account, so it is as secret as the
password and nowhere kept.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from adapters._wire.exchange import Call, form_call, json_call
from payments.external.portal import Account, CardQuestion, Standard
from payments.kernel.secret import Secret

TOKEN_PATH: Final = "/api/token/take"  # noqa: S105 - a path
CARD_PATH: Final = "/api/egw/KQNhanLichSuKCB2024"
COPAYMENT_PATH: Final = "/api/TraCuuCCT/TraCuuTienMCCT"
CHECK_IN_PATHS: Final = {
    Standard.QD4750: "/api/qd130/checkInKcbQd4750",
    Standard.QD3176: "/api/qd130/checkInKcbQd3176",
}
SUBMIT_PATHS: Final = {
    Standard.QD4750: "/api/qd130/guiHoSoXmlQD4750",
    Standard.QD3176: "/api/qd130/guiHoSoXmlQD3176",
}
_CHECK_IN_KIND: Final = "0"
_DOSSIER_KIND: Final = "130"


@dataclass(frozen=True, slots=True)
class Token:
    """What a session is: both parts go with each call."""

    access: Secret[str] = field(repr=False)
    id: Secret[str] = field(repr=False)


def password_hash(account: Account) -> str:
    """Give what the portal takes for the password."""
    told = account.password.reveal().encode()
    return hashlib.md5(told, usedforsecurity=False).hexdigest().upper()


def token_call(account: Account) -> Call:
    fields = {"username": account.user, "password": password_hash(account)}
    return json_call(TOKEN_PATH, fields)


def card_call(account: Account, token: Token, asked: CardQuestion) -> Call:
    """Build the look-up of a card; its session stands in the address, as the portal wants it."""
    fields = {
        "maThe": asked.card,
        "hoTen": asked.name,
        "ngaySinh": asked.birth,
        "hoTenCb": account.staff_name,
        "cccdCb": account.staff_id.reveal(),
    }
    made = json_call(CARD_PATH, fields)
    query = {
        "token": token.access.reveal(),
        "id_token": token.id.reveal(),
        "username": account.user,
        "password": password_hash(account),
    }
    return Call(made.method, made.path, made.body, made.headers, urlencode(query))


def copayment_call(account: Account, token: Token, asked: CardQuestion) -> Call:
    fields: dict[str, Any] = {
        "username": account.user,
        "maThe": asked.card,
        "hoTen": asked.name,
        "ngaySinh": asked.birth,
    }
    return json_call(COPAYMENT_PATH, fields, _session(account, token))


def check_in_call(
    account: Account, token: Token, facility: str, dossier: bytes, standard: Standard
) -> Call:
    path = CHECK_IN_PATHS[standard]
    return _file_call(path, account, token, facility, (_CHECK_IN_KIND, dossier))


def submit_call(
    account: Account, token: Token, facility: str, dossier: bytes, standard: Standard
) -> Call:
    path = SUBMIT_PATHS[standard]
    return _file_call(path, account, token, facility, (_DOSSIER_KIND, dossier))


def _file_call(
    path: str, account: Account, token: Token, facility: str, sent: tuple[str, bytes]
) -> Call:
    kind, dossier = sent
    fields = (
        ("username", account.user),
        ("loaiHoSo", kind),
        # The first two digits of a facility's code are those of its province.
        ("maTinh", facility[:2]),
        ("maCSKCB", facility),
        ("fileHSBase64", base64.b64encode(dossier).decode()),
    )
    return form_call(path, fields, _session(account, token))


def _session(account: Account, token: Token) -> dict[str, str]:
    return {
        "accessToken": token.access.reveal(),
        "tokenId": token.id.reveal(),
        "passwordHash": password_hash(account),
    }
