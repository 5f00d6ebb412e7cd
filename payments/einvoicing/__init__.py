"""E-invoices of receipts: issued once, replaced or adjusted, never taken back."""
