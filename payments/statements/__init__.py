"""Files for finance: their totals are the ledger's, or they are not written."""
