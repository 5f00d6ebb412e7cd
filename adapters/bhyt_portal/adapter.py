"""
The portal as an adapter: a token for ten minutes, one call at a time, a 401 once more.

No look-up is repeated by itself: an account that calls too much is put on the list of the
restricted. What is decided is decided by ``maKetQua``, whatever the status of the transfer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

import structlog

from adapters._wire import settings as stored
from adapters._wire.exchange import Answer, Call, Line
from adapters._wire.strict_json import Json
from adapters.bhyt_portal import messages, requests
from adapters.bhyt_portal.requests import Token
from payments.external.portal import (
    Account,
    CardQuestion,
    CardTold,
    CopaymentTold,
    NoAnswer,
    Silence,
    Standard,
    Submitted,
)
from payments.gateway import NotSent, OutcomeUnknown, Transport
from payments.kernel.clock import Clock
from payments.kernel.scope import FacilityId

#: A look-up takes 5 to 60 seconds.
_LOOK_UP_S: Final = 60
_TOKEN_S: Final = 20
#: A dossier of 20 MB on a hospital's line.
_DOSSIER_S: Final = 180
#: A session lasts some ten minutes; one that ends on the way costs a second call.
_TOKEN_LIFE: Final = timedelta(minutes=9)
_UNAUTHORIZED: Final = "401"
_OK: Final = "200"
_log = structlog.get_logger("portal")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Named:
    """A call as the log tells of it: no card but its last four, no name but its first letters."""

    verb: str
    card: str = ""
    name: str = ""


class BhytPortal:
    """One account at the portal; any number of threads may ask."""

    def __init__(
        self,
        url: str,
        facility: FacilityId,
        account: Account,
        transport: Transport | None,
        clock: Clock,
    ) -> None:
        self._facility = f"{facility:05d}"
        self._account = account
        self._clock = clock
        self._lines = {
            seconds: Line(url, clock, transport, wait_s=seconds)
            for seconds in (_TOKEN_S, _LOOK_UP_S, _DOSSIER_S)
        }
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._token_until = clock.now()
        self._is_sandbox = stored.is_loopback(url)

    def __repr__(self) -> str:
        return f"BhytPortal({self._facility})"

    @property
    def is_sandbox(self) -> bool:
        """Whether the address is this machine: never in production."""
        return self._is_sandbox

    def card(self, asked: CardQuestion) -> CardTold:
        """Look *asked* up. Raises NoAnswer."""
        return self._ask(
            _named("card", asked),
            lambda token: requests.card_call(self._account, token, asked),
            messages.card,
        )

    def copayment(self, asked: CardQuestion) -> CopaymentTold:
        """Look the co-payments of *asked* up. Raises NoAnswer."""
        return self._ask(
            _named("copayment", asked),
            lambda token: requests.copayment_call(self._account, token, asked),
            messages.copayment,
        )

    def check_in(self, dossier: bytes, standard: Standard) -> Submitted:
        """Tell that a visit began. Raises NoAnswer."""
        return self._ask(
            Named("check_in"),
            lambda token: requests.check_in_call(
                self._account, token, self._facility, dossier, standard
            ),
            messages.submitted,
            seconds=_DOSSIER_S,
        )

    def submit(self, dossier: bytes, standard: Standard) -> Submitted:
        """Send a signed dossier. Raises NoAnswer."""
        return self._ask(
            Named("submit"),
            lambda token: requests.submit_call(
                self._account, token, self._facility, dossier, standard
            ),
            messages.submitted,
            seconds=_DOSSIER_S,
        )

    def _ask(
        self,
        named: Named,
        build: Callable[[Token], Call],
        read: Callable[[Mapping[str, Json], bytes], T],
        *,
        seconds: int = _LOOK_UP_S,
    ) -> T:
        """Send once; after a 401 take a new token and send exactly once more."""
        token = self._session()
        answer, code = self._send(named, build(token), seconds)
        if code == _UNAUTHORIZED:
            token = self._session(instead_of=token)
            answer, code = self._send(named, build(token), seconds)
        if code == _UNAUTHORIZED:
            raise NoAnswer(Silence.REFUSED, "401 with a new token", raw=answer.body)
        try:
            return read(messages.object_of(answer.body), answer.body)
        except ValueError as error:
            raise NoAnswer(Silence.UNREADABLE, str(error), raw=answer.body) from error

    def _session(self, instead_of: Token | None = None) -> Token:
        """Give the token; a new one where it ended, or is the one that was refused."""
        with self._lock:
            kept = self._token
            if (
                kept is not None
                and kept is not instead_of
                and self._clock.now() < self._token_until
            ):
                return kept
            self._token = None
            call = requests.token_call(self._account)
            answer, code = self._send(Named("token"), call, _TOKEN_S)
            if code != _OK:
                raise NoAnswer(Silence.REFUSED, f"no token: {code}")
            try:
                self._token = messages.token(messages.object_of(answer.body))
            except ValueError as error:
                # Without the reply: what is in it may be a token.
                raise NoAnswer(Silence.UNREADABLE, "no token in the answer") from error
            self._token_until = self._clock.now() + _TOKEN_LIFE
            return self._token

    def _send(self, named: Named, call: Call, seconds: int) -> tuple[Answer, str]:
        """Send, and give the code: that of the body, else ``401`` where the status says so."""
        began = self._clock.now()
        try:
            answer = self._lines[seconds].send(call)
        except NotSent as error:
            self._note(named, began, "", silence=Silence.NOT_SENT)
            raise NoAnswer(Silence.NOT_SENT, error.detail) from error
        except OutcomeUnknown as error:
            self._note(named, began, "", silence=Silence.TIMED_OUT)
            raise NoAnswer(Silence.TIMED_OUT, error.detail) from error
        try:
            code = messages.code_of(messages.object_of(answer.body))
        except ValueError as error:
            # The look-up of co-payments says 401 by the status alone, with nothing behind it.
            if answer.status != int(_UNAUTHORIZED):
                self._note(named, began, "", silence=Silence.UNREADABLE, status=answer.status)
                raw = b"" if named.verb == "token" else answer.body
                raise NoAnswer(Silence.UNREADABLE, str(error), raw=raw) from error
            code = _UNAUTHORIZED
        self._note(named, began, code, status=answer.status)
        return answer, code

    def _note(
        self,
        named: Named,
        began: datetime,
        code: str,
        *,
        silence: Silence | None = None,
        status: int | None = None,
    ) -> None:
        took = (self._clock.now() - began) // timedelta(milliseconds=1)
        _log.info(
            "portal.called",
            facility=self._facility,
            verb=named.verb,
            card=named.card,
            name=named.name,
            code=code,
            status=status,
            silence=silence.value if silence else "",
            took_ms=took,
        )


def build(
    url: str,
    facility: FacilityId,
    account: Account,
    transport: Transport | None,
    clock: Clock,
) -> BhytPortal:
    """
    Make the adapter of one facility's account; *transport* None is the network.

    Raises:
        InvalidField: *url* is neither https and a host's name nor this machine.
    """
    address = stored.api_url({"portal_url": url}, "portal_url", "")
    return BhytPortal(address, facility, account, transport, clock)


def _named(verb: str, asked: CardQuestion) -> Named:
    letters = ".".join(word[0] for word in asked.name.split())
    return Named(verb, f"…{asked.card[-4:]}", f"{letters}." if letters else "")


__all__ = ["BhytPortal", "build"]
