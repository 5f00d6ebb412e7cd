"""
The transaction lists of both firms, at the root of the host; told apart by the credential.

SePay version 1 answers a wrong token with 200 and nothing, as its guide to version 2 says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import httpx
from flask import Blueprint, jsonify, make_response, request
from flask.typing import ResponseReturnValue

from adapters._sandbox import feeds
from adapters._sandbox.bank import Transfer
from adapters._sandbox.branch import Branch
from adapters._sandbox.feeds import CassoFeed
from adapters._sandbox.weather import SEPAY_AUTH, Rate, Weather
from adapters._wire.fields import as_local
from adapters.casso.settings import SANDBOX_SETTINGS as CASSO

_CASSO_AUTHS: Final = frozenset({f"Apikey {CASSO['api_key']}", f"Bearer {CASSO['api_key']}"})
_WHOLE: Final = re.compile("[0-9]{1,9}")


def lists(branch: Branch, weather: Weather, rate: Rate) -> Blueprint:
    """Make the routes."""
    routes = Blueprint("lists", __name__)

    @routes.before_request
    def suffer() -> ResponseReturnValue | None:
        return weather.answer() or rate.answer(branch.clock.now())

    @routes.get("/userapi/transactions/list")
    def sepay_v1_list() -> ResponseReturnValue:
        return _sepay_v1(
            lambda: {"transactions": [feeds.sepay_row_v1(one) for one in _found_v1(branch)]}
        )

    @routes.get("/userapi/transactions/count")
    def sepay_v1_count() -> ResponseReturnValue:
        return _sepay_v1(lambda: {"count_transactions": len(_found_v1(branch))})

    @routes.get("/userapi/transactions/details/<int:number>")
    def sepay_v1_details(number: int) -> ResponseReturnValue:
        found = [one for one in branch.bank.transfers() if feeds.sepay_id(one) == number]
        return _sepay_v1(lambda: {"transaction": feeds.sepay_row_v1(found[0]) if found else None})

    @routes.get("/transactions")
    @routes.get("/v2/transactions")
    def both_v2_list() -> ResponseReturnValue:
        if request.headers.get("Authorization") == SEPAY_AUTH:
            return _sepay_v2_page(branch)
        return _casso(lambda: _casso_page(branch))

    @routes.get("/v2/transactions/<int:number>")
    def casso_one(number: int) -> ResponseReturnValue:
        found = [one for one in branch.bank.transfers() if feeds.casso_id(one) == number]
        if not found and request.headers.get("Authorization") in _CASSO_AUTHS:
            return jsonify(error=404, message="not found", data=None), 404
        return _casso(lambda: feeds.casso_row(found[0]))

    @routes.post("/v2/sync")
    def casso_sync() -> ResponseReturnValue:
        return _casso(lambda: _sync(branch))

    @routes.post("/v2/webhooks")
    def casso_webhooks() -> ResponseReturnValue:
        return _casso(lambda: _register(branch))

    @routes.get("/v2/userInfo")
    def casso_user() -> ResponseReturnValue:
        return _casso(lambda: _user(branch))

    return routes


def _sepay_v1(content: Callable[[], dict[str, Any]]) -> ResponseReturnValue:
    if request.headers.get("Authorization") != SEPAY_AUTH:
        return make_response("", 200)
    return jsonify(status=200, error=None, messages={"success": True}, **content())


def _found_v1(branch: Branch) -> Sequence[Transfer]:
    """The newest first, cut at the limit: what a reader must be ready for."""
    wanted = request.args
    low, high = wanted.get("transaction_date_min", ""), wanted.get("transaction_date_max", "~")
    found = [
        one
        for one in branch.bank.transfers(wanted.get("account_number"))
        if low <= as_local(one.at) <= (high if len(high) != len("yyyy-mm-dd") else high + "~")
        and feeds.sepay_id(one) >= _number("since_id", 0)
        and wanted.get("reference_number") in (None, one.reference)
        and _fits_amount(one, "amount_in", 1)
        and _fits_amount(one, "amount_out", -1)
    ]
    return found[::-1][: min(_number("limit", 5_000), 5_000)]


def _fits_amount(one: Transfer, name: str, sign: int) -> bool:
    return name not in request.args or one.amount == sign * _number(name, 0)


def _sepay_v2_page(branch: Branch) -> ResponseReturnValue:
    low = request.args.get("transaction_date_from", "")
    high = request.args.get("transaction_date_to", "~") + "~"
    own = branch.bank.transfers(request.args.get("account_number"))
    found = [one for one in own if low <= as_local(one.at) <= high][::-1]
    page, size = max(1, _number("page", 1)), max(1, min(_number("per_page", 20), 100))
    shown = found[(page - 1) * size : page * size]
    pagination = {
        "total": len(found),
        "per_page": size,
        "current_page": page,
        "last_page": max(1, -(-len(found) // size)),
        "has_more": page * size < len(found),
    }
    rows = [feeds.sepay_row_v2(one) for one in shown]
    return jsonify(status="success", data=rows, meta={"pagination": pagination})


def _casso(content: Callable[[], Any]) -> ResponseReturnValue:
    if request.headers.get("Authorization") not in _CASSO_AUTHS:
        return jsonify(status="error", error=401, message="Unauthorized", data=None), 401
    return jsonify(error=0, message="success", data=content())


def _casso_page(branch: Branch) -> dict[str, Any]:
    low = request.args.get("fromDate", "")
    high = request.args.get("toDate", "~") + "~"
    found = [one for one in branch.bank.transfers() if low <= as_local(one.at) <= high]
    if request.args.get("sort", "ASC").upper() == "DESC":
        found.reverse()
    page, size = max(1, _number("page", 1)), max(1, min(_number("pageSize", 20), 100))
    pages = -(-len(found) // size)
    return {
        "page": page,
        "pageSize": size,
        "nextPage": page + 1 if page < pages else None,
        "prevPage": page - 1 if page > 1 else None,
        "totalPages": pages,
        "totalRecords": len(found),
        "records": [feeds.casso_row(one) for one in found[(page - 1) * size : page * size]],
    }


def _sync(branch: Branch) -> dict[str, Any]:
    """Send what the webhook has not been told yet; without a body, for all accounts."""
    told = {one.transfer for one in branch.courier.deliveries if one.feed == "casso"}
    new = [one.number for one in branch.bank.transfers() if one.number not in told]
    for number in new:
        branch.courier.enqueue(number, "casso")
    return {"queued": len(new)}


def _register(branch: Branch) -> dict[str, Any]:
    body = request.get_json(silent=True)
    given = body if isinstance(body, dict) else {}
    # casso-pg calls it url, the documentation webhook.
    url = str(given.get("webhook") or given.get("url") or "")
    try:
        is_ours = httpx.URL(url).host in ("127.0.0.1", "localhost")
    except httpx.InvalidURL:
        is_ours = False
    if is_ours:
        token = str(given.get("secure_token") or CASSO["secure_token"])
        branch.courier.feeds["casso"] = CassoFeed(url, webhook="v1", credential=token)
    return {"id": 1, "webhook": url, "income_only": bool(given.get("income_only")), "on": is_ours}


def _user(branch: Branch) -> dict[str, Any]:
    accounts = [
        {"id": place, "accountNumber": one.number, "balance": branch.bank.balance(one.number)}
        for place, one in enumerate(branch.bank.accounts.values(), 1)
    ]
    return {"user": {"id": 1, "email": "thu@benhvien.test"}, "bankAccs": accounts}


def _number(name: str, default: int) -> int:
    text = request.args.get(name, "")
    return int(text) if _WHOLE.fullmatch(text) else default
