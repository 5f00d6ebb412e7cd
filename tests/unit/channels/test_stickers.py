"""A code on a counter is ours by bank and number together, or it is not ours."""

from __future__ import annotations

import io
import random

import pytest
from PIL import Image
from sqlalchemy import select

from payments.audit import AUDIT_EVENT
from payments.channels import stickers
from payments.channels.stickers import Verdict
from payments.kernel.errors import InvalidField
from payments.kernel.money import vnd
from payments.qr.vietqr import BuildRequest, build
from tests.faults import stickers as laboratory
from tests.support.hospital import PAYEE, Hospital
from tests.support.photographs import photograph

OWN = frozenset({(PAYEE.bin, PAYEE.account)})
PAGE = "https://thanhtoan.example"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (build(BuildRequest(PAYEE.bin, PAYEE.account, vnd(1_000), "VPH1")), Verdict.OWN),
        (build(BuildRequest(PAYEE.bin, PAYEE.account)), Verdict.OWN_STATIC),
        (build(BuildRequest(PAYEE.bin, PAYEE.account, purpose="VIEN PHI")), Verdict.OWN_STATIC),
        (build(BuildRequest("970415", PAYEE.account, vnd(1_000), "VPH1")), Verdict.FOREIGN),
        (build(BuildRequest(PAYEE.bin, f"{PAYEE.account}0", vnd(1_000), "V")), Verdict.FOREIGN),
        (f"{PAGE}/p/abc", Verdict.OWN_LINK),
        (PAGE, Verdict.OWN_LINK),
        (f"{PAGE}.evil.example/p/abc", Verdict.OTHER),
        (f"http://evil.example/{PAGE}/", Verdict.OTHER),
        ("0071000123456", Verdict.OTHER),
        ("", Verdict.OTHER),
    ],
)
def test_a_code_is_judged_by_whom_it_pays(text: str, verdict: Verdict) -> None:
    assert stickers.judge(text, OWN, PAGE).verdict is verdict


def test_what_was_seen_is_noted_by_the_end_of_its_account(hospital: Hospital) -> None:
    stranger = build(BuildRequest("970415", "0123456789"))
    picture = photograph(random.Random(1), stranger)

    [seen] = stickers.inspect(hospital.runtime, hospital.scope, picture)

    assert (seen.verdict, seen.account) == (Verdict.FOREIGN, "0123456789")
    with hospital.runtime.database.reading(hospital.scope) as tx:
        [facts] = tx.execute(
            select(AUDIT_EVENT.c.facts).where(
                AUDIT_EVENT.c.facility_id == tx.facility, AUDIT_EVENT.c.kind == "sticker.seen"
            )
        ).scalars()
    assert '"account_end": "6789"' in facts
    assert "0123456789" not in facts


def test_what_is_no_picture_is_refused_and_one_without_a_code_shows_none(
    hospital: Hospital,
) -> None:
    out = io.BytesIO()
    Image.new("RGB", (400, 300), "white").save(out, "PNG")

    with pytest.raises(InvalidField):
        stickers.inspect(hospital.runtime, hospital.scope, b"%PDF-1.7")
    assert stickers.inspect(hospital.runtime, hospital.scope, out.getvalue()) == ()


def test_foreign_stickers_are_found_and_ours_are_not_called_so() -> None:
    """Q2 in its short form."""
    assert laboratory.run(2, foreign=10, own=5).failures == []
