"""Cash points of a facility, and the second screens that face the patients there."""
