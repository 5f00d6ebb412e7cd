"""
S-Invoice as an adapter: a token for some minutes, one call at a time.

``transactionUuid`` is our name of an e-invoice: the provider issues one of a name and refuses the
next, so a request whose answer was lost can be asked about and never makes a second.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from adapters._wire import fields, strict_json
from adapters._wire import settings as stored
from adapters._wire.exchange import Answer, Call, Line
from adapters._wire.strict_json import Json
from adapters.sinvoice import requests
from payments.external.einvoices import Account, Draft, Issued, NoAnswer, NotIssued
from payments.gateway import NotSent, OutcomeUnknown, Transport
from payments.kernel.clock import Clock
from payments.kernel.errors import InvalidField
from payments.kernel.secret import Secret

#: The provider asks for 60 to 90 seconds of patience.
_WAIT_S: Final = 90
#: Below the twenty minutes that a token lives.
_TOKEN_LIFE: Final = timedelta(minutes=15)
_OK: Final = 200
_BAD_REQUEST: Final = 400
_UNAUTHORIZED: Final = 401
_FAILED: Final = 500
#: So it says with status 500 that a token has ended, and some other things.
_GENERAL: Final = "GENERAL"
_NAME_USED: Final = "TRANSACTION_UUID_INVALID"
_NOT_FOUND: Final = "NOT_FOUND_DATA"
_TOLD_MAX: Final = 200
_TAX_CODE: Final = re.compile("[0-9]{10}(-[0-9]{3})?")
_TEMPLATE: Final = re.compile("[1-6]/[0-9]{3}")
#: Circular 78/2021/TT-BTC, article 4: with or without the authority's code, year, kind, two letters
_SERIES: Final = re.compile(r"[CK](\{yy\}|[0-9]{2})[TDLMNBGHX][A-Z]{2}")


class Sinvoice:
    """One seller's account; any number of threads may ask."""

    def __init__(
        self, url: str, account: Account, transport: Transport | None, clock: Clock
    ) -> None:
        self._account = account
        self._clock = clock
        self._line = Line(url, clock, transport, wait_s=_WAIT_S)
        self._is_sandbox = stored.is_loopback(url)
        self._lock = threading.Lock()
        self._token: Secret[str] | None = None
        self._token_until = clock.now()

    def __repr__(self) -> str:
        return f"Sinvoice({self._account.tax_code})"

    @property
    def is_sandbox(self) -> bool:
        """Whether the address is this machine: never in production."""
        return self._is_sandbox

    @property
    def since(self) -> date:
        """The first day whose receipts get an e-invoice by themselves."""
        return self._account.since

    def issue(self, draft: Draft) -> Issued:
        """
        Issue *draft*; one that was issued before under its name is found instead.

        Raises:
            NotIssued: the provider refused it.
            NoAnswer: nothing was sent, or nobody knows.
        """
        token = self._session()
        answer = self._send(requests.issue_call(self._account, token, draft))
        if answer.status == _UNAUTHORIZED:
            # Refused at the door: nothing was done, so once more is no second.
            token = self._session(instead_of=token)
            answer = self._send(requests.issue_call(self._account, token, draft))
        told = _object(answer)
        wrong = _failure(answer, told)
        if wrong == _NAME_USED:
            found = self.find(draft)
            if found is None:
                raise NoAnswer("the name is used, and nothing is found under it", is_sent=True)
            return found
        if wrong:
            self._token = None
            raise _refusal(answer, told, wrong)
        return self._issued(_result(told), draft)

    def find(self, draft: Draft) -> Issued | None:
        """Ask what was issued under the name of *draft*. Raises NoAnswer."""
        token = self._session()
        answer = self._send(requests.find_call(self._account, token, draft))
        if answer.status in (_UNAUTHORIZED, _FAILED):
            token = self._session(instead_of=token)
            answer = self._send(requests.find_call(self._account, token, draft))
        told = _object(answer)
        wrong = _failure(answer, told)
        if wrong == _NOT_FOUND:
            return None
        if wrong:
            raise NoAnswer(f"the look-up failed: {wrong}", is_sent=True)
        try:
            found = strict_json.list_of(told.get("result") or [])
            return self._issued(strict_json.object_of(found[0]), draft) if found else None
        except ValueError as error:
            raise NoAnswer(f"the answer cannot be read: {error}", is_sent=True) from error

    def _issued(self, result: Mapping[str, Json], draft: Draft) -> Issued:
        try:
            number = fields.needed_key(result, "invoiceNo")
            seller = fields.needed_key(result, "supplierTaxCode")
            issued = Issued(
                number,
                fields.key(result, "reservationCode"),
                fields.key(result, "codeOfTax"),
                self._account.template,
            )
        except ValueError as error:
            raise NoAnswer(f"the answer cannot be read: {error}", is_sent=True) from error
        series = requests.series_of(self._account, draft)
        if seller != self._account.tax_code or not number.startswith(series):
            raise NoAnswer("the answer names another seller or series", is_sent=True)
        return issued

    def _session(self, instead_of: Secret[str] | None = None) -> Secret[str]:
        """Give the token; a new one where it ended, or is the one that was refused."""
        with self._lock:
            kept = self._token
            is_good = kept is not instead_of and self._clock.now() < self._token_until
            if kept is not None and is_good:
                return kept
            self._token = None
            try:
                answer = self._send(requests.login_call(self._account))
                token = Secret(fields.needed_key(_object(answer), "access_token"))
            except NoAnswer as error:
                # A log-in issues nothing: whatever became of it, the e-invoice was not sent.
                raise NoAnswer(f"no session: {error.detail}", is_sent=False) from error
            except ValueError as error:
                raise NoAnswer(f"no session: status {answer.status}", is_sent=False) from error
            self._token, self._token_until = token, self._clock.now() + _TOKEN_LIFE
            return token

    def _send(self, call: Call) -> Answer:
        try:
            return self._line.send(call)
        except NotSent as error:
            raise NoAnswer(error.detail, is_sent=False) from error
        except OutcomeUnknown as error:
            raise NoAnswer(error.detail, is_sent=True) from error


def build(url: str, account: Account, transport: Transport | None, clock: Clock) -> Sinvoice:
    """
    Make the adapter of one seller's account; *transport* None is the network.

    Raises:
        InvalidField: the address, tax code, template or series is not of its kind.
    """
    address = stored.api_url({"einvoice_url": url}, "einvoice_url", "")
    if not _TAX_CODE.fullmatch(account.tax_code):
        raise InvalidField("tax_code", "einvoice_tax_code")
    if not _TEMPLATE.fullmatch(account.template):
        raise InvalidField("template", "einvoice_template")
    if not _SERIES.fullmatch(account.series):
        raise InvalidField("series", "einvoice_series")
    return Sinvoice(address, account, transport, clock)


def _object(answer: Answer) -> Mapping[str, Json]:
    try:
        return strict_json.object_of(strict_json.loads(answer.body))
    except ValueError as error:
        raise NoAnswer(f"status {answer.status}, no JSON", is_sent=True) from error


def _result(told: Mapping[str, Json]) -> Mapping[str, Json]:
    try:
        return strict_json.object_of(told.get("result"))
    except ValueError as error:
        raise NoAnswer("the answer has no result", is_sent=True) from error


def _failure(answer: Answer, told: Mapping[str, Json]) -> str:
    """Give the provider's code of a failure, from either of its two forms; empty: none."""
    for name in ("errorCode", "message"):
        value = told.get(name)
        if isinstance(value, str) and value and (name == "errorCode" or answer.status != _OK):
            return value
    return "" if answer.status == _OK else f"status {answer.status}"


def _refusal(answer: Answer, told: Mapping[str, Json], wrong: str) -> NotIssued | NoAnswer:
    """Say whether it is surely not issued: only what it calls our mistake is."""
    words = next(
        (told[name] for name in ("description", "data") if isinstance(told.get(name), str)), ""
    )
    is_ours = answer.status == _BAD_REQUEST or (answer.status == _OK and wrong != _GENERAL)
    if is_ours:
        return NotIssued(f"{wrong}: {words}"[:_TOLD_MAX])
    return NoAnswer(wrong, is_sent=True)


__all__ = ["Sinvoice", "build"]
