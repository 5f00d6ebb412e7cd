"""Discharge: one ladder from the whole cost to what is to collect or to return."""
