"""What other programs of the hospital bring us."""
