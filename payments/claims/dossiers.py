"""Opens the dossier files that a command was given, and checks them before anything else."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from cryptography import x509

from payments.claims import signing
from payments.claims.checking import Report, check
from payments.claims.documents import ENVELOPE_MAX_BYTES
from payments.claims.signing import Profile, SignatureNotValid, State
from payments.insurance.coverage import Rules
from payments.kernel.errors import Rejected
from payments.words.explaining import sentence

_Trusted = tuple[list[x509.Certificate], Profile]


def reports(
    args: argparse.Namespace, files: Sequence[Path], *, may_repeat: bool = False
) -> Iterator[tuple[Path, Report | None]]:
    """
    Check each of *files*; None for one that could not be opened, or that ``--certificate`` does not
    know, which is said at once.

    A visit that an earlier file has brought is a finding, except where the files are versions of
    one (*may_repeat*).

    Raises:
        SystemExit: the tables named by ``--rules``, or the certificates, cannot be read.
    """
    try:
        rules = Rules.from_folder(args.rules) if args.rules else Rules.shipped()
    except (Rejected, OSError) as refusal:
        said = sentence(refusal, args.language) if isinstance(refusal, Rejected) else refusal
        print(f"vienphi bhyt: {said}", file=sys.stderr)
        raise SystemExit(1) from None
    trusted = _trusted(args)
    known: set[str] = set()
    for file in files:
        try:
            with file.open("rb") as opened:
                content = opened.read(ENVELOPE_MAX_BYTES + 1)
        except OSError as error:
            print(f"vienphi bhyt: {error}", file=sys.stderr)
            yield file, None
            continue
        if not _is_signed(file, content, trusted, args.language):
            yield file, None
            continue
        report = check(content, rules, known=frozenset() if may_repeat else frozenset(known))
        known |= {visit.ma_lk for visit in report.visits}
        yield file, report


def add_certificate(parser: argparse.ArgumentParser) -> None:
    """Add the option that lets only signed files be read."""
    parser.add_argument(
        "--certificate", type=Path, metavar="FILE.pem", help="refuse what these have not signed"
    )
    parser.add_argument("--profile", type=Path, metavar="FILE.json", help="of the signature")


def _trusted(args: argparse.Namespace) -> _Trusted | None:
    if getattr(args, "certificate", None) is None:
        return None
    try:
        certificates = signing.read_certificates(args.certificate.read_bytes())
        profile = signing.read_profile(args.profile) if args.profile else Profile()
    except (Rejected, OSError) as refusal:
        said = sentence(refusal, args.language) if isinstance(refusal, Rejected) else refusal
        print(f"vienphi bhyt: {said}", file=sys.stderr)
        raise SystemExit(1) from None
    return certificates, profile


def _is_signed(file: Path, content: bytes, trusted: _Trusted | None, language: str) -> bool:
    if trusted is None:
        return True
    found = signing.verify(content, *trusted)
    if found.state is State.VALID:
        return True
    refusal = SignatureNotValid(file=file.name, state=found.state.value)
    print(f"vienphi bhyt: {sentence(refusal, language)}", file=sys.stderr)
    return False
