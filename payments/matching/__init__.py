"""Rules that say what money is for: written, tried on a day, switched on by a second person."""
