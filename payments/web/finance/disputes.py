"""Finance has seen what a gateway took back."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.identity.permissions import Permission
from payments.refunds import disputing
from payments.web.current import runtime, scope
from payments.web.finance.views import finance
from payments.web.security import requires


@finance.post("/finance/disputes/<uuid:dispute>/seen")
@requires(Permission.REFUND)
def see_dispute(dispute: UUID) -> AnyResponse:
    disputing.acknowledge(runtime(), scope(), dispute)
    return redirect(url_for("finance.refunds"), 303)
