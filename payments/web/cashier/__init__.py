"""The cashier's desk."""

from payments.web.cashier import collect, desk, orders, people, receipt, scan
from payments.web.cashier.views import cashier

#: Importing them has added their views.
__all__ = ["cashier", "collect", "desk", "orders", "people", "receipt", "scan"]
