"""Opens the dossier files that a command was given, and checks them before anything else."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cryptography import x509

from payments.claims import certificates, signing
from payments.claims.checking import Report, check
from payments.claims.documents import ENVELOPE_MAX_BYTES
from payments.claims.signing import Profile, SignatureNotValid, State
from payments.insurance.coverage import Rules
from payments.kernel.errors import Rejected
from payments.words.arguments import unreadable
from payments.words.explaining import sentence


@dataclass(frozen=True, slots=True)
class Reading:
    """How files are read: by which tables of the law, and whose signatures, if any, are wanted."""

    language: str
    rules: Path | None = None
    certificate: Path | None = None
    profile: Path | None = None


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
    reading = reading_of(args)
    known: set[str] = set()
    for file in files:
        report, said = report_of(reading, file, frozenset() if may_repeat else frozenset(known))
        if report is None:
            print(f"vienphi bhyt: {said}", file=sys.stderr)
        else:
            known |= {visit.ma_lk for visit in report.visits}
        yield file, report


def reading_of(args: argparse.Namespace) -> Reading:
    """Take from a command line how to read, and try it. Raises SystemExit as ``reports`` does."""
    reading = Reading(args.language, args.rules, args.certificate, args.profile)
    try:
        _rules(reading.rules)
        _trusted(reading.certificate, reading.profile)
    except (Rejected, OSError) as refusal:
        told = unreadable(refusal) if isinstance(refusal, OSError) else refusal
        said = sentence(told, args.language)
        print(f"vienphi bhyt: {said}", file=sys.stderr)
        raise SystemExit(1) from None
    return reading


def report_of(reading: Reading, file: Path, known: frozenset[str]) -> tuple[Report | None, str]:
    """Check one file; without a report the text says why."""
    try:
        with file.open("rb") as opened:
            content = opened.read(ENVELOPE_MAX_BYTES + 1)
    except OSError as error:
        return None, sentence(unreadable(error), reading.language)
    if reading.certificate is not None:
        found = signing.verify(content, *_trusted(reading.certificate, reading.profile))
        if found.state is not State.VALID:
            refusal = SignatureNotValid(file=file.name, state=found.state.value)
            return None, sentence(refusal, reading.language)
    return check(content, _rules(reading.rules), known=known), ""


@cache
def _rules(folder: Path | None) -> Rules:
    return Rules.from_folder(folder) if folder else Rules.shipped()


@cache
def _trusted(
    certificate: Path | None, profile: Path | None
) -> tuple[list[x509.Certificate], Profile]:
    trusted = certificates.read_certificates(certificate.read_bytes()) if certificate else []
    return trusted, signing.read_profile(profile) if profile else Profile()


def add_certificate(parser: argparse.ArgumentParser) -> None:
    """Add the option that lets only signed files be read."""
    parser.add_argument(
        "--certificate", type=Path, metavar="FILE.pem", help="refuse what these have not signed"
    )
    parser.add_argument("--profile", type=Path, metavar="FILE.json", help="of the signature")
