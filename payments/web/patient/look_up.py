"""``/tra-cuu``: the way to an invoice for whoever has no link."""

from __future__ import annotations

import re
from typing import Final

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.invoicing import slips
from payments.invoicing.look_up import Claim, NotFoundSo, TooManyLookUps, find
from payments.kernel.errors import InvalidField
from payments.web.current import explain, runtime, scope
from payments.web.pages import render
from payments.web.patient.pages import LookUpPage
from payments.web.patient.views import patient
from payments.web.security import public

_NUMBER: Final = re.compile(r"[0-9A-Z][0-9A-Z./-]{3,29}")
_PHONE_END: Final = re.compile("[0-9]{4}")
_YEAR: Final = re.compile("(19|20)[0-9]{2}")
#: No field of the form is longer; what is shown again is cut to it.
_SHOWN_MAX: Final = 40


@patient.get("/tra-cuu")
@public
def ask() -> str:
    return render(_page())


@patient.get("/pay")
@public
def ask_elsewhere() -> AnyResponse:
    """The same in another language: printed on paper for guests."""
    return redirect(url_for("patient.ask"), 303)


@patient.post("/tra-cuu")
@public
def look_up() -> AnyResponse:
    try:
        claim = _claim()
    except InvalidField as error:
        return Response(render(_page(wrong_field=error.field, why=explain(error))), 422)
    token = find(runtime(), scope(), claim, address=request.remote_addr or "")
    return redirect(url_for("patient.pay", token=token), 303)


@patient.errorhandler(NotFoundSo)
def refused(_error: NotFoundSo) -> AnyResponse:
    return Response(render(_page(failure="lookup.refused")), 422)


@patient.errorhandler(TooManyLookUps)
def too_many(error: TooManyLookUps) -> AnyResponse:
    answer = Response(render(_page(failure="lookup.too_many")), 429)
    answer.headers["Retry-After"] = str(error.extras["retry_after"])
    return answer


def _claim() -> Claim:
    """Read the form. Raises InvalidField with the field that cannot be what it should be."""
    number = _typed("number").upper().replace(" ", "")
    if not _NUMBER.fullmatch(number):
        raise InvalidField("number", "look_up_number")
    if _typed("slip_code"):
        code = slips.read(_typed("slip_code"))
        if not code:
            raise InvalidField("slip_code", "slip_code", count=slips.LENGTH)
        return Claim(number, slip_code=code)
    if not _PHONE_END.fullmatch(_typed("phone_end")):
        raise InvalidField("phone_end", "phone_end")
    if not _YEAR.fullmatch(_typed("birth_year")):
        raise InvalidField("birth_year", "birth_year_digits")
    return Claim(number, phone_end=_typed("phone_end"), birth_year=int(_typed("birth_year")))


def _typed(field: str) -> str:
    return request.form.get(field, "").strip()


def _page(*, failure: str = "", wrong_field: str = "", why: str = "") -> LookUpPage:
    """Show the form, with what was typed: nobody types it twice because of one wrong figure."""
    return LookUpPage(
        number=_typed("number")[:_SHOWN_MAX],
        phone_end=_typed("phone_end")[:_SHOWN_MAX],
        birth_year=_typed("birth_year")[:_SHOWN_MAX],
        slip_code=_typed("slip_code")[:_SHOWN_MAX],
        failure=failure,
        wrong_field=wrong_field,
        why=why,
        help_phone=runtime().settings.help_phone,
    )
