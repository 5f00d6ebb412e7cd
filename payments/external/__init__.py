"""Ports to national systems: what we ask of them and what they may tell us."""
