"""Shifts: who is answerable for the notes of a cash point."""
