"""What is kept of a password."""

from __future__ import annotations

import subprocess
import sys

from argon2 import PasswordHasher

from payments.identity import passwords


def test_the_program_hashes_by_the_profile_of_owasp() -> None:
    # In a process of its own: the tests hash with less.
    told = "from payments.identity import passwords; print(passwords.hash_of('mật khẩu'))"
    made = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)

    assert made.stdout.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_only_the_right_password_of_somebody_is_right() -> None:
    stored = passwords.hash_of("mật khẩu")

    assert passwords.is_right(stored, "mật khẩu")
    assert not passwords.is_right(stored, "mật khẩu ")
    assert not passwords.is_right("not a hash", "mật khẩu")
    assert not passwords.is_right(None, "nobody has this password")


def test_a_hash_of_other_limits_is_made_anew() -> None:
    assert not passwords.is_stale(passwords.hash_of("mật khẩu"))
    assert passwords.is_stale(PasswordHasher(time_cost=3, memory_cost=64).hash("mật khẩu"))
