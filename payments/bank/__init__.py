"""Money on the hospital's own accounts: one row a movement, one evidence row a witness."""
