"""
What goes wrong at a gateway, on request: per request, or for the next of a run.

A request says it in the header ``X-Sandbox-Fault: drop_answer, delay=2``; a run is told by
POST /sandbox/<name>/faults. Answers are spoilt here, outside of the gateway's own program, so that
it really has acted when its answer is lost.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

from payments.kernel.errors import InvalidField

HEADER: Final = "HTTP_X_SANDBOX_FAULT"
#: Where the gateway's program finds what it must spoil itself: a forged or wrong answer.
ENVIRON: Final = "vienphi.fault"
_DELAY_MAX_S: Final = 60
_COPIES_MAX: Final = 50
_ITEM: Final = re.compile(r"([a-z_]+)(?:=([0-9]{1,3}))?")

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Fault:
    """
    One way to be bad. Answers of the API and messages to us share the words.

    ``drop`` loses the request before anything is done; ``drop_answer`` acts and loses the answer
    (of a message: we are told and act, and the gateway never hears it).
    """

    delay: int = 0
    drop: bool = False
    drop_answer: bool = False
    #: Signed with a key that nobody agreed on.
    forge: bool = False
    truncate: bool = False
    #: Tells of 1 000 đ less.
    wrong_amount: bool = False
    server_error: bool = False
    maintenance: bool = False
    #: Messages only: how often it is sent, and whether a later one overtakes it.
    copies: int = 1
    reorder: bool = False
    #: Messages only: nothing is sent at all.
    silent: bool = False


NO_FAULT: Final = Fault()
NAMES: Final = tuple(one.name for one in fields(Fault))


@dataclass(slots=True)
class Faults:
    """What the next answers and the next messages suffer; each plan lasts a number of times."""

    answers: deque[Fault] = field(default_factory=deque)
    messages: deque[Fault] = field(default_factory=deque)

    def plan(self, of: str, fault: Fault, times: int) -> None:
        """Let the next *times* of ``answers`` or ``messages`` suffer *fault*; 0 clears the plan."""
        queue = self.answers if of == "answers" else self.messages
        queue.clear() if times == 0 else queue.extend([fault] * times)

    def next_answer(self) -> Fault:
        return self.answers.popleft() if self.answers else NO_FAULT

    def next_message(self) -> Fault:
        return self.messages.popleft() if self.messages else NO_FAULT


def from_header(text: str) -> Fault:
    """Read ``drop_answer, delay=2``. Raises InvalidField."""
    given: dict[str, Any] = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        read = _ITEM.fullmatch(item)
        if read is None:
            raise InvalidField("X-Sandbox-Fault", "name_unknown", known=", ".join(NAMES))
        given[read[1]] = int(read[2]) if read[2] else True
    return from_fields(given)


def from_fields(given: Mapping[str, Any]) -> Fault:
    """Read the knobs of a request. Raises InvalidField."""
    for name, value in given.items():
        if name not in NAMES:
            raise InvalidField(name, "name_unknown", known=", ".join(NAMES))
        if type(value) is not type(getattr(NO_FAULT, name)):
            raise InvalidField(
                name, "json_type", kind="int" if name in ("delay", "copies") else "bool"
            )
    read = replace(NO_FAULT, **given)
    return replace(
        read,
        delay=max(0, min(read.delay, _DELAY_MAX_S)),
        copies=max(1, min(read.copies, _COPIES_MAX)),
    )


@dataclass(frozen=True, slots=True)
class Spoiler:
    """The gateway's program, with its bad days; only paths of *is_api* suffer them."""

    app: Wsgi
    faults: Faults
    is_api: Callable[[str], bool]
    pause: Callable[[float], None]

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if not self.is_api(environ.get("PATH_INFO", "")):
            return self.app(environ, start_response)
        header = environ.get(HEADER, "")
        fault = from_header(header) if header else self.faults.next_answer()
        if fault.delay:
            self.pause(fault.delay)
        if fault.drop:
            raise ConnectionResetError("the request is lost")
        if fault.maintenance or fault.server_error:
            status = "503 Service Unavailable" if fault.maintenance else "500 Internal Server Error"
            start_response(status, [("Content-Type", "text/html; charset=utf-8")])
            return [b"<h1>maintenance</h1>" if fault.maintenance else b"<h1>error</h1>"]
        return self._spoilt(environ | {ENVIRON: fault}, start_response, fault)

    def _spoilt(
        self, environ: dict[str, Any], start_response: Callable[..., Any], fault: Fault
    ) -> Iterable[bytes]:
        told: list[Any] = []
        body = b"".join(self.app(environ, lambda *given: told.extend(given)))
        if fault.drop_answer:
            raise ConnectionResetError("the answer is lost")
        status, headers = told[0], told[1]
        if fault.truncate:
            body = body[: len(body) // 2]
        kept = [one for one in headers if one[0].lower() != "content-length"]
        start_response(status, [*kept, ("Content-Length", str(len(body)))])
        return [body]
