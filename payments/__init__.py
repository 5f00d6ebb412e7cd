"""Vienphi: the money side of a hospital."""
