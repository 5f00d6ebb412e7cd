"""The cashier's desk."""

from payments.web.cashier import collect, credit_notes, desk, orders, people, receipt, scan
from payments.web.cashier.views import cashier

#: Importing them has added their views.
__all__ = ["cashier", "collect", "credit_notes", "desk", "orders", "people", "receipt", "scan"]
