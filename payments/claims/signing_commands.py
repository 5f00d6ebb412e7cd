"""``vienphi bhyt sign | verify``: signatures of dossier files."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from payments.claims import certificates, signing
from payments.claims.documents import ENVELOPE_MAX_BYTES
from payments.claims.signing import Profile, State
from payments.kernel.clock import SystemClock
from payments.kernel.errors import InvalidField

if TYPE_CHECKING:
    SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_commands(commands: SubParsers) -> None:
    """Add ``sign`` and ``verify`` to the commands of ``bhyt``."""
    signs = commands.add_parser("sign", help="sign a dossier file (GIAMDINHHS) in CHUKYDONVI")
    signs.add_argument("file", type=Path, metavar="FILE")
    signs.add_argument("--key", type=Path, required=True, metavar="FILE.p12")
    signs.add_argument("--out", type=Path, required=True, metavar="FILE")
    signs.add_argument(
        "--password-file", type=Path, metavar="FILE", help="else the password is asked"
    )
    _add_profile(signs)
    signs.set_defaults(run=_sign)
    verifies = commands.add_parser("verify", help="hold signatures against certificates (PEM)")
    verifies.add_argument("files", nargs="+", type=Path, metavar="FILE")
    verifies.add_argument(
        "--certificate", type=Path, required=True, metavar="FILE.pem", help="one or several"
    )
    _add_profile(verifies)
    verifies.set_defaults(run=_verify)


def _add_profile(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--profile", type=Path, metavar="FILE.json", help="docs/insurance.md")


def _sign(args: argparse.Namespace) -> int:
    if args.password_file is None:
        password = getpass.getpass("Password of the key: ")
    else:
        password = _bytes(args.password_file).decode("utf-8", "replace").rstrip("\r\n")
    signer = certificates.read_signer(_bytes(args.key), password)
    signed = signing.sign(_bytes(args.file), signer, SystemClock().now(), _profile(args))
    half = args.out.with_name(f".{args.out.name}.{secrets.token_hex(6)}.part")
    try:
        half.write_bytes(signed)
        os.replace(half, args.out)
    except OSError as error:
        raise InvalidField("out", "dossier_file", file=args.out.name) from error
    finally:
        half.unlink(missing_ok=True)
    return 0


def _verify(args: argparse.Namespace) -> int:
    """Print one JSON object a file; status 1 where one is not signed by a known certificate."""
    trusted = certificates.read_certificates(_bytes(args.certificate))
    status = 0
    for path in args.files:
        found = signing.verify(_bytes(path), trusted, _profile(args))
        told = {"file": path.name, "signature": found.state.value, "subject": found.subject}
        sys.stdout.write(json.dumps(told) + "\n")
        if found.state is not State.VALID:
            status = 1
    return status


def _profile(args: argparse.Namespace) -> Profile:
    return Profile() if args.profile is None else signing.read_profile(args.profile)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(ENVELOPE_MAX_BYTES + 1)
    except OSError as error:
        raise InvalidField("file", "dossier_file", file=path.name) from error
