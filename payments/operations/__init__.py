"""What the IT officer does: upgrade, check and move the database, make and rotate keys."""
