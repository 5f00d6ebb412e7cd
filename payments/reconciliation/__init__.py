"""Our books against the bank's: statements taken in, days compared, what differs explained."""
