"""What somebody with all rights may do to a ledger, and which seal must then be named."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection

from payments.ledger import bodies, loading
from payments.ledger.anchors import Anchor
from tests.faults.ledgers import DAYS, PER_DAY, SCOPE

TOTAL = DAYS * PER_DAY


@dataclass
class Vandal:
    """An open connection without triggers and foreign keys, and a source of chance."""

    connection: Connection
    chance: random.Random
    anchors: tuple[Anchor, ...]

    def run(self, statement: str) -> Any:
        return self.connection.exec_driver_sql(statement)

    def any_seq(self, last: int = TOTAL) -> int:
        return self.chance.randint(1, last)

    def txn_of(self, seq: int) -> str:
        return str(self.run(f"SELECT txn_id FROM ledger_seal WHERE seq = {seq}").scalar())

    def rechain(self) -> None:
        """Recompute every hash and roll-up, as one would who knows the program."""
        is_sqlite = self.connection.dialect.name == "sqlite"
        codes = loading.account_codes(self.connection, SCOPE.facility)
        seals = self.run(
            f"SELECT seq, {'txn_id' if is_sqlite else 'txn_id::text'},"
            f" {loading.moment_text(self.connection, 'sealed_at')} FROM ledger_seal ORDER BY seq"
        ).all()
        found = loading.load(self.connection, SCOPE.facility, [seal[1] for seal in seals], codes)
        head = bodies.BEFORE_ALL
        for seq, txn_id, sealed_at in seals:
            first = bodies.genesis(SCOPE.facility, sealed_at) if seq == 1 else None
            head = bodies.chained(head, found[txn_id].canonical(first))
            written = f"X'{head.hex()}'" if is_sqlite else f"'\\x{head.hex()}'"
            self.run(f"UPDATE ledger_seal SET hash = {written} WHERE seq = {seq}")
        for table, by in (("ledger_balance", ""), ("ledger_balance_day", "booked_on")):
            for side, sign in (("debit", ">"), ("credit", "<")):
                same_day = f" AND t.{by} = {table}.{by}" if by else ""
                self.run(
                    f"UPDATE {table} SET {side} = (SELECT coalesce(sum(abs(e.amount)), 0)"
                    " FROM ledger_entry e JOIN ledger_txn t ON t.id = e.txn_id"
                    f" WHERE e.account_id = {table}.account_id AND e.amount {sign} 0{same_day})"
                )


#: Does the damage and returns the seal that verify must name first (None: it has no seal).
Damage = Callable[[Vandal], int | None]


def edit_amount(vandal: Vandal) -> int:
    seq = vandal.any_seq()
    vandal.run(
        f"UPDATE ledger_posting SET amount = amount + 1 WHERE txn_id = '{vandal.txn_of(seq)}'"
    )
    return seq


def edit_subject(vandal: Vandal) -> int:
    seq = vandal.any_seq()
    vandal.run(
        f"UPDATE ledger_posting SET credit_subject_id = '{uuid4()}'"
        f" WHERE txn_id = '{vandal.txn_of(seq)}' AND line = 1"
    )
    return seq


def edit_transaction(vandal: Vandal) -> int:
    seq = vandal.any_seq()
    change = vandal.chance.choice(
        (
            "memo = 'changed'",
            "actor_id = 'user:other'",
            "booked_on = '2026-11-30'",
            "effective_at = '2026-11-24T00:00:00.000001Z'",
            "source = 'finance'",
            "idem_key = 'bank:other'",
        )
    )
    vandal.run(f"UPDATE ledger_txn SET {change} WHERE id = '{vandal.txn_of(seq)}'")
    return seq


def swap_account_codes(vandal: Vandal) -> int:
    vandal.run("UPDATE ledger_account SET code = '2200x' WHERE code = '2200'")
    vandal.run("UPDATE ledger_account SET code = '2200' WHERE code = '1300'")
    vandal.run("UPDATE ledger_account SET code = '1300' WHERE code = '2200x'")
    return 1


def edit_seal(vandal: Vandal) -> int:
    seq = vandal.any_seq()
    zeros = "zeroblob(32)" if vandal.connection.dialect.name == "sqlite" else f"'\\x{'00' * 32}'"
    vandal.run(f"UPDATE ledger_seal SET hash = {zeros} WHERE seq = {seq}")
    return seq


def edit_roll_up(vandal: Vandal) -> None:
    table = vandal.chance.choice(("ledger_balance", "ledger_balance_day"))
    vandal.run(f"UPDATE {table} SET credit = credit + 5")


def delete_posting(vandal: Vandal) -> int:
    seq = vandal.any_seq()
    line = vandal.chance.choice((1, 2))
    vandal.run(
        f"DELETE FROM ledger_posting WHERE txn_id = '{vandal.txn_of(seq)}' AND line = {line}"
    )
    return seq


def delete_transaction(vandal: Vandal) -> int:
    seq = vandal.any_seq()
    txn_id = vandal.txn_of(seq)
    vandal.run(f"DELETE FROM ledger_posting WHERE txn_id = '{txn_id}'")
    vandal.run(f"DELETE FROM ledger_txn WHERE id = '{txn_id}'")
    return seq


def delete_seal(vandal: Vandal) -> int:
    seq = vandal.any_seq(TOTAL - 1)
    vandal.run(f"DELETE FROM ledger_seal WHERE seq = {seq}")
    return seq


def delete_the_end(vandal: Vandal) -> int:
    """The last transactions vanish without a trace inside the database."""
    seq = vandal.chance.randint(2, TOTAL)
    for gone in range(seq, TOTAL + 1):
        delete_one = vandal.txn_of(gone)
        vandal.run(f"DELETE FROM ledger_posting WHERE txn_id = '{delete_one}'")
        vandal.run(f"DELETE FROM ledger_txn WHERE id = '{delete_one}'")
    vandal.run(f"DELETE FROM ledger_seal WHERE seq >= {seq}")
    vandal.rechain()
    return seq


def insert_line(vandal: Vandal) -> int:
    seq = vandal.any_seq()
    txn_id = vandal.txn_of(seq)
    for table, key in (("ledger_posting", "txn_id"), ("ledger_txn", "id")):
        vandal.run(f"UPDATE {table} SET posting_count = 3 WHERE {key} = '{txn_id}'")
    _copy(vandal, "ledger_posting", f"txn_id = '{txn_id}' AND line = 1", line="3")
    return seq


def insert_unsealed(vandal: Vandal) -> None:
    _insert_transaction(vandal, str(uuid4()))


def insert_in_the_middle(vandal: Vandal) -> int:
    """A forged transaction takes a place in the chain, and all hashes after it are made anew."""
    seq = vandal.any_seq()
    forged = str(uuid4())
    _insert_transaction(vandal, forged)
    for later in range(TOTAL, seq - 1, -1):
        vandal.run(f"UPDATE ledger_seal SET seq = {later + 1} WHERE seq = {later}")
    other = TOTAL + 1 if seq == 1 else 1
    _copy(vandal, "ledger_seal", f"seq = {other}", seq=str(seq), txn_id=f"'{forged}'")
    vandal.rechain()
    return _anchor_of(vandal, seq)


def reorder(vandal: Vandal) -> int:
    one, two = sorted(vandal.chance.sample(range(1, TOTAL + 1), 2))
    _swap(vandal, one, two)
    return one


def reorder_and_rechain(vandal: Vandal) -> int:
    one, two = sorted(vandal.chance.sample(range(1, TOTAL + 1), 2))
    _swap(vandal, one, two)
    vandal.rechain()
    return _anchor_of(vandal, one)


def rewrite_history(vandal: Vandal) -> int:
    """An amount changes and everything that is computed from it is computed again."""
    seq = edit_amount(vandal)
    vandal.rechain()
    return _anchor_of(vandal, seq)


DAMAGES: dict[str, Damage] = {
    made.__name__: made
    for made in (
        edit_amount,
        edit_subject,
        edit_transaction,
        swap_account_codes,
        edit_seal,
        edit_roll_up,
        delete_posting,
        delete_transaction,
        delete_seal,
        delete_the_end,
        insert_line,
        insert_unsealed,
        insert_in_the_middle,
        reorder,
        reorder_and_rechain,
        rewrite_history,
    )
}


def _anchor_of(vandal: Vandal, seq: int) -> int:
    """A root does not say which leaf is wrong: the anchor's first seal is named."""
    return next(one.first_seq for one in vandal.anchors if one.last_seq >= seq)


def _swap(vandal: Vandal, one: int, two: int) -> None:
    for old, new in ((one, TOTAL + 9), (two, one), (TOTAL + 9, two)):
        vandal.run(f"UPDATE ledger_seal SET seq = {new} WHERE seq = {old}")


def _insert_transaction(vandal: Vandal, txn_id: str) -> None:
    model = vandal.txn_of(vandal.any_seq())
    _copy(vandal, "ledger_txn", f"id = '{model}'", id=f"'{txn_id}'", idem_key=f"'forged:{txn_id}'")
    _copy(vandal, "ledger_posting", f"txn_id = '{model}'", txn_id=f"'{txn_id}'")


def _copy(vandal: Vandal, table: str, which: str, **changed: str) -> None:
    columns = list(vandal.run(f"SELECT * FROM {table} WHERE 1 = 0").keys())
    values = ", ".join(changed.get(column, column) for column in columns)
    vandal.run(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} WHERE {which}"
    )
