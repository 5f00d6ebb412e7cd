"""VietQR: the text of a payment code, read, written and drawn. Knows no database and no web."""
