"""The table of who may do what; the only place where a role means something."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    CASHIER = "cashier"
    HEAD_CASHIER = "head_cashier"
    ACCOUNTANT = "accountant"
    CHIEF_ACCOUNTANT = "chief_accountant"
    IT_ADMIN = "it_admin"
    SECURITY_OFFICER = "security_officer"
    AUDITOR = "auditor"


class Permission(StrEnum):
    #: Make an invoice from the catalogue.
    ISSUE = "issue"
    #: Show a code, see the desk, print a receipt.
    COLLECT = "collect"
    #: Cancel an invoice on which nothing was paid.
    CANCEL = "cancel"
    #: Reduce an issued invoice by a credit note: what its cashier asks for, another person does.
    CREDIT = "credit"
    #: Print a receipt again after the cashier's copies are used up.
    REPRINT = "reprint"
    #: Let a programme give up what a patient owes.
    EXEMPT = "exempt"
    #: End the right of a second screen to show anything, at any cash point.
    REVOKE_SCREENS = "revoke_screens"
    #: Keep the safe: count the takings that cashiers bring.
    RECEIVE_CASH = "receive_cash"
    #: Say that two records are one person.
    MERGE = "merge"
    SEE_FINANCE = "see_finance"
    IMPORT_STATEMENT = "import_statement"
    #: Say what money of unknown purpose is for.
    RESOLVE = "resolve"
    #: Ask for money to go back through the gateway that brought it.
    REFUND = "refund"
    #: Approve what another has asked for: then it goes.
    APPROVE_REFUND = "approve_refund"
    CLOSE_DAY = "close_day"
    EXPORT = "export"
    SEE_AUDIT = "see_audit"
    SEE_PRICES = "see_prices"
    #: Departments and the price list: whoever sets prices never sits at a desk.
    SET_PRICES = "set_prices"
    #: See who is signed in, and end anybody's sessions.
    SIGN_OUT_OTHERS = "sign_out_others"
    #: Users, channels, keys. Sees no patient and moves no money.
    ADMIN = "admin"


_DESK: Final = frozenset({Permission.ISSUE, Permission.COLLECT})
_BOOKS: Final = frozenset(
    {
        Permission.SEE_FINANCE,
        Permission.IMPORT_STATEMENT,
        Permission.RESOLVE,
        Permission.REFUND,
        Permission.EXPORT,
        Permission.SEE_PRICES,
    }
)

#: No role both collects at a desk and explains money: one person cannot do and hide.
ROLES: Final[dict[Role, frozenset[Permission]]] = {
    Role.CASHIER: _DESK,
    Role.HEAD_CASHIER: _DESK
    | {
        Permission.CANCEL,
        Permission.CREDIT,
        Permission.EXEMPT,
        Permission.MERGE,
        Permission.RECEIVE_CASH,
        Permission.REPRINT,
        Permission.REVOKE_SCREENS,
    },
    Role.ACCOUNTANT: _BOOKS,
    Role.CHIEF_ACCOUNTANT: _BOOKS
    | {Permission.APPROVE_REFUND, Permission.CLOSE_DAY, Permission.SET_PRICES},
    Role.IT_ADMIN: frozenset({Permission.ADMIN, Permission.SIGN_OUT_OTHERS}),
    Role.SECURITY_OFFICER: frozenset({Permission.SEE_AUDIT, Permission.SIGN_OUT_OTHERS}),
    Role.AUDITOR: frozenset(
        {
            Permission.SEE_FINANCE,
            Permission.EXPORT,
            Permission.SEE_AUDIT,
            Permission.SEE_PRICES,
        }
    ),
}

#: Who sees the books or keeps the system proves a second factor; a desk opens by password, for
#: its people change places many times a day (workflows A0).
FACTOR_ROLES: Final = frozenset(Role) - {Role.CASHIER, Role.HEAD_CASHIER}


def conflict(one: Role, other: Role) -> bool:
    """
    Say whether one person must not hold both roles under two logins.

    No two different ones: a head cashier does what a cashier may, and credits what another has
    issued; the books explain what the desk took; whoever keeps users moves no money; the watching
    and whatever is watched are two.
    """
    return one is not other


def allows(role: Role, permission: Permission) -> bool:
    return permission in ROLES[role]
