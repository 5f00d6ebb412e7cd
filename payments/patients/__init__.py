"""The minimal identity of a patient: enough to address them, no more."""
