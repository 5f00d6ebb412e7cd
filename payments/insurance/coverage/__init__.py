"""
The coverage engine: how a bill is split between fund, co-payment, own money and other payers.

Pure: no database, no clock, no network. Every number of the law is a dated row of ``data/``;
every figure of a result says which rule made it and where that stands.

    rules = Rules.shipped()
    result = cover(Bill(visit, lines), rules)
    result.patient_pays, reasons(result, result.lines[0], rules)
"""

from payments.insurance.coverage.covering import again as again
from payments.insurance.coverage.covering import cover as cover
from payments.insurance.coverage.model import Bill as Bill
from payments.insurance.coverage.model import Card as Card
from payments.insurance.coverage.model import Line as Line
from payments.insurance.coverage.model import Policy as Policy
from payments.insurance.coverage.model import Visit as Visit
from payments.insurance.coverage.reasons import reasons as reasons
from payments.insurance.coverage.result import Coverage as Coverage
from payments.insurance.coverage.rules import Rules as Rules
