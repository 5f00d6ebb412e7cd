"""A transfer to the hospital's own account, found again by the memo; a bank feed tells of it."""

from adapters.bank_transfer.adapter import build

__all__ = ["build"]
