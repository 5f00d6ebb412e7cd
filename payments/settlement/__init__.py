"""What becomes of claims: sent, assessed, refused, appealed, settled, and paid by the fund."""
