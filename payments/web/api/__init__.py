"""
``/api/v1``: what programs of the hospital read and do, with the services that the desk uses.

A resource is a module beside this: it declares its views with ``operation`` and is named below.
"""

from payments.web.api import (
    codes,
    days,
    document,
    events,
    invoice_changes,
    invoices,
    orders,
    patients,
    payments,
    reference,
    services,
    stays,
)
from payments.web.api.document import install

#: Each registers its views when it is imported.
RESOURCES = (
    services,
    patients,
    invoices,
    invoice_changes,
    codes,
    payments,
    days,
    events,
    orders,
    stays,
    reference,
)

__all__ = ["RESOURCES", "document", "install"]
