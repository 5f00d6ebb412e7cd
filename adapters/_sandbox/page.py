"""The sandbox bank for people: read a payment code, pay it well or badly, see who was told."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adapters._sandbox.bank import BIN, Order
from adapters._sandbox.branch import Branch, Instruction
from adapters._sandbox.control import FEEDS_OF
from adapters._sandbox.deliver import Knobs
from adapters._sandbox.memo import SHAPES
from adapters._sandbox.open_codes import OpenCode
from adapters._sandbox.picture import code_in
from payments.kernel.errors import InvalidField, Unavailable
from payments.qr.parsing import parse
from payments.words.catalogue import DEFAULT
from payments.words.explaining import sentence

OpenCodes = Callable[[], Sequence[OpenCode]]

_SHOWN: Final = 20
_DIGITS: Final = re.compile("[0-9]{1,12}")
_GROUPING: Final = re.compile(r"[\s.,]")
_SHORT_BY: Final = 1_000
_OVER_BY: Final = 50_000
_LATE_AFTER_MIN: Final = 20
_LATE_MAX_MIN: Final = 7 * 24 * 60

WAYS: Final[Mapping[str, str]] = {
    "exact": "Đủ số tiền",
    "short": "Thiếu tiền",
    "over": "Thừa tiền",
    "twice": "Hai lần",
    "late": "Trả muộn",
    "mangled": "Nội dung bị ngân hàng làm méo",
    "free": "Số tiền và nội dung tự nhập",
}


@dataclass(frozen=True, slots=True)
class Payable:
    """A payment code of this bank that was read."""

    code: str
    account: str
    holder: str
    amount: int | None
    memo: str
    warnings: tuple[str, ...]


def pages(branch: Branch, open_codes: OpenCodes | None, *, is_immediate: bool) -> Blueprint:
    """Make the routes; *open_codes* None hides the list of codes that wait to be paid."""
    routes = Blueprint("pages", __name__)

    def home(payable: Payable | None = None, error: str = "") -> str:
        codes, codes_error = _open_codes(open_codes)
        return render_template(
            "bank.html",
            branch=branch,
            accounts=[
                (one, branch.bank.balance(one.number)) for one in branch.bank.accounts.values()
            ],
            transfers=branch.bank.transfers()[: -_SHOWN - 1 : -1],
            deliveries=branch.courier.deliveries[: -_SHOWN - 1 : -1],
            codes=codes,
            codes_error=codes_error,
            has_codes=open_codes is not None,
            payable=payable,
            error=error,
            ways=WAYS,
            shapes=tuple(SHAPES),
            feeds=tuple(FEEDS_OF),
        )

    @routes.errorhandler(InvalidField)
    def refuse(error: InvalidField) -> ResponseReturnValue:
        return home(error=sentence(error, DEFAULT)), 422

    @routes.get("/")
    def front() -> ResponseReturnValue:
        return home()

    @routes.post("/read")
    def read() -> ResponseReturnValue:
        return home(payable_from(_given_code(), branch))

    @routes.post("/pay")
    def pay() -> ResponseReturnValue:
        payable = payable_from(request.form.get("code", ""), branch)
        minutes = _whole("minutes", _LATE_AFTER_MIN) if _way() == "late" else 0
        if minutes > _LATE_MAX_MIN:
            raise InvalidField("minutes", "sandbox_late", most=_LATE_MAX_MIN // (24 * 60))
        branch.pay(_instruction(payable), after=timedelta(minutes=minutes))
        if is_immediate:
            branch.run_due()
        return redirect(url_for("pages.front") + "#deliveries", 303)

    @routes.post("/deliveries/<int:number>/again")
    def again(number: int) -> ResponseReturnValue:
        known = branch.courier.deliveries
        if not 1 <= number <= len(known):
            raise InvalidField("number", "sandbox_delivery")
        branch.courier.enqueue(known[number - 1].transfer, known[number - 1].feed)
        if is_immediate:
            branch.run_due()
        return redirect(url_for("pages.front") + "#deliveries", 303)

    return routes


def payable_from(code: str, branch: Branch) -> Payable:
    """
    Read *code* as this bank's app would.

    Raises:
        InvalidField: broken, of another bank, a withdrawal at a cash machine, or an account that
            this bank does not have.
    """
    result = parse(code)
    if result.parsed is None:
        raise InvalidField("code", "sandbox_code", reason=result.error)
    read = result.parsed
    if read["scheme"] != "napas":
        raise InvalidField("code", "sandbox_not_vietqr")
    if read.get("service") == "QRCASH":
        raise InvalidField("code", "sandbox_qrcash")
    if read["bin"] != BIN:
        raise InvalidField("code", "sandbox_real_bank", bin=read["bin"], trial=BIN)
    account = branch.bank.accounts.get(read["account"])
    if account is None:
        raise InvalidField("code", "sandbox_account", account=read["account"])
    return Payable(
        code,
        account.number,
        account.holder,
        read.get("amount"),
        read.get("purpose", ""),
        tuple(result.warnings),
    )


def _open_codes(open_codes: OpenCodes | None) -> tuple[Sequence[OpenCode], str]:
    if open_codes is None:
        return (), ""
    try:
        return open_codes(), ""
    except Unavailable as error:
        return (), sentence(error, DEFAULT)


def _given_code() -> str:
    picture = request.files.get("picture")
    if picture is not None and picture.filename:
        return code_in(picture.stream.read())
    return request.form.get("code", "")


def _way() -> str:
    way = request.form.get("way", "exact")
    if way not in WAYS:
        raise InvalidField("way", "one_of", choices=", ".join(WAYS))
    return way


def _instruction(payable: Payable) -> Instruction:
    way = _way()
    feed = request.form.get("deliver", "both")
    if feed not in FEEDS_OF:
        raise InvalidField("deliver", "one_of", choices=", ".join(FEEDS_OF))
    order = Order(
        payable.account,
        _amount(payable, way),
        request.form.get("memo", "") if way == "free" else payable.memo,
    )
    ticked = request.form.getlist("fault")
    knobs = Knobs(
        delay_s=_whole("delay_s", 0),
        copies=max(1, _whole("copies", 1)),
        is_overtaken="reorder" in ticked,
        is_forged="forge" in ticked,
        is_truncated="truncate" in ticked,
        drops_answer="drop_answer" in ticked,
    )
    shape = request.form.get("mangle", "") if way == "mangled" else ""
    return Instruction(order, 2 if way == "twice" else 1, shape, FEEDS_OF[feed], knobs)


def _amount(payable: Payable, way: str) -> int:
    typed = _whole("amount", 0)
    if typed and (way in ("short", "over", "free") or payable.amount is None):
        return typed
    if payable.amount is None or way == "free":
        raise InvalidField("amount", "sandbox_amount_missing")
    if way == "short":
        return max(1, payable.amount - _SHORT_BY)
    return payable.amount + (_OVER_BY if way == "over" else 0)


def _whole(name: str, default: int) -> int:
    typed = _GROUPING.sub("", request.form.get(name, ""))
    if not typed:
        return default
    if not _DIGITS.fullmatch(typed):
        raise InvalidField(name, "digits_only")
    return int(typed)
