"""What patients owe: invoices, their lines and their credit notes."""
