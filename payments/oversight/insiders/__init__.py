"""Patterns by which money leaves a cash hall from inside: to be looked at, never a verdict."""
