"""Files on their way to the portal: each goes once, and what came of it is kept."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from payments.claims.sending import DossierSent
from payments.settlement.delivering import FileRefused, ask, look
from payments.settlement.files import Way, files
from payments.settlement.model import NoClaimFile
from payments.settlement.taking_in import take_in
from tests.support.bhyt import RULES
from tests.support.cards import a_counter
from tests.support.settlement import Fund, a_written


def test_a_file_that_is_asked_for_twice_goes_once(fund: Fund) -> None:
    counter = a_counter(fund.runtime, fund.scope)
    file = fund.bring(a_written("VPTEST0001", date(2026, 9, 3))).file
    for _ in range(2):
        ask(counter.runtime, fund.scope, file)

    assert look(counter.runtime, fund.scope) == 1
    assert look(counter.runtime, fund.scope) == 0

    assert len(counter.sandbox.book.received) == 1
    with fund.runtime.database.reading(fund.scope) as tx:
        [told] = files(tx)
    assert (told.way, told.number, told.claims) == (Way.TAKEN, "GD990000000001", 1)
    with pytest.raises(DossierSent):
        ask(counter.runtime, fund.scope, file, is_again=True)


def test_what_our_check_refuses_and_what_is_not_there_is_never_sent(fund: Fund) -> None:
    counter = a_counter(fund.runtime, fund.scope)
    refused = take_in(fund.runtime, fund.scope, b"<GIAMDINHHS/>", RULES)

    with pytest.raises(FileRefused):
        ask(counter.runtime, fund.scope, refused.file)
    with pytest.raises(NoClaimFile):
        ask(counter.runtime, fund.scope, uuid4())
    assert look(counter.runtime, fund.scope) == 0
