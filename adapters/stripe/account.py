"""One account at Stripe's API: answers believed only if they are about what was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeVar

from adapters._wire import fields
from adapters._wire.exchange import Call, Line
from adapters.stripe import messages, requests, settlement
from adapters.stripe.objects import Object
from adapters.stripe.settings import StripeSettings
from payments.gateway import AttemptRef, Declined, Notification, Outcome, Trouble
from payments.kernel.clock import Clock

T = TypeVar("T")
#: 20 000 rows: more than a hospital has in a day.
_PAGES_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Account:
    settings: StripeSettings
    clock: Clock = field(repr=False)
    line: Line = field(repr=False)

    def act(self, attempt: AttemptRef, call: Call) -> Notification:
        """Do what changes an attempt; where it is refused, tell what the attempt has become."""
        try:
            changed = self.send(call, otherwise=Trouble.NOT_PERMITTED)
        except Declined:
            told = self.ask(attempt)
            if told.outcome in (Outcome.PENDING, Outcome.AUTHORISED):
                raise
            return told
        return self._of(attempt, changed)

    def ask(self, attempt: AttemptRef) -> Notification:
        name = attempt.transaction or self.session(attempt)
        if name.startswith("cs_"):
            return self._of(attempt, self.send(requests.session_call(self.settings, name)), name)
        return self._of(attempt, self.send(requests.payment_call(self.settings, name)), name)

    def _of(self, attempt: AttemptRef, thing: Object, name: str = "") -> Notification:
        """Read an answer about *attempt*, and about nothing else."""

        def read() -> Notification:
            is_session = thing.get("object") == "checkout.session"
            now = self.clock.now()
            told = (messages.from_session if is_session else messages.from_payment)(thing, now)
            if told.reference != attempt.reference or name not in ("", thing.get("id")):
                raise ValueError("the answer is about another attempt")
            return told

        return readable(read)

    def payment(self, attempt: AttemptRef) -> str:
        """
        Name the payment intent of *attempt*.

        Raises:
            Declined: nobody has paid.
        """
        if attempt.transaction.startswith("pi_"):
            return attempt.transaction
        told = self.ask(attempt)
        if not told.transaction.startswith("pi_"):
            raise Declined(Trouble.NOT_REFUNDABLE, "nobody has paid")
        return told.transaction

    def session(self, attempt: AttemptRef) -> str:
        """Find the session of an attempt whose answer was lost. Raises Declined: there is none."""

        def page(after: str) -> Call:
            return requests.sessions_call(self.settings, attempt, after)

        for one in self.listed(page):
            if one.get("client_reference_id") == attempt.reference:
                return readable(partial(fields.needed_key, one, "id"))
        raise Declined(Trouble.NOT_FOUND, "Stripe has no session of this attempt")

    def listed(self, page: Callable[[str], Call]) -> Iterator[Object]:
        """Go through a list, newest first. Raises OutcomeUnknown where it does not end."""
        after = ""
        for _ in range(_PAGES_MAX):
            answer = self.send(page(after))
            found, has_more = readable(partial(settlement.rows, answer))
            yield from found
            if not has_more:
                return
            after = readable(partial(fields.needed_key, found[-1], "id"))
        raise messages.unreadable("the list does not end")

    def send(self, call: Call, otherwise: Trouble = Trouble.BAD_REQUEST) -> Object:
        return messages.answered(self.line.send(call), otherwise)


def readable(read: Callable[[], T]) -> T:
    """Read an answer; what cannot be read says nothing of what Stripe has done."""
    try:
        return read()
    except ValueError as error:
        raise messages.unreadable(f"the answer cannot be read: {error}") from error
