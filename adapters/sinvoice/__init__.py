"""S-Invoice of Viettel: e-invoices issued, replaced, adjusted and asked about."""

from adapters.sinvoice.adapter import build

__all__ = ["build"]
