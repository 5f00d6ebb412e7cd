"""Keys and certificates of who signs: read from PKCS #12 and PEM, and refused where too weak."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from payments.kernel.errors import Rejected

#: Tokens of certificate authorities hold RSA of 2048 bits and more.
_RSA_BITS_MIN: Final = 2048


class BadCertificate(Rejected):
    """A certificate or its key cannot be used: *reason* is a code."""

    code = "bad-certificate"


@dataclass(frozen=True, slots=True)
class Signer:
    """A key and its certificate."""

    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def read_signer(content: bytes, password: str) -> Signer:
    """
    Open a PKCS #12 file.

    Raises:
        BadCertificate: it is none, the password is wrong, or the key is too weak.
    """
    try:
        key, certificate, _ = pkcs12.load_key_and_certificates(content, password.encode())
    except ValueError as error:
        raise BadCertificate(reason="pkcs12") from error
    if certificate is None or not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise BadCertificate(reason="kind")
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size < _RSA_BITS_MIN:
        raise BadCertificate(reason="weak")
    return Signer(key, certificate)


def read_certificates(content: bytes) -> list[x509.Certificate]:
    """Read the certificates of a PEM file. Raises BadCertificate where there is none."""
    try:
        return x509.load_pem_x509_certificates(content)
    except ValueError as error:
        raise BadCertificate(reason="pem") from error


def is_valid_at(certificate: x509.Certificate, moment: datetime) -> bool:
    """Say whether *certificate* may be used at *moment*, which has a zone."""
    at = moment.astimezone(UTC)
    return certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc
