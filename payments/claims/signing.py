"""
Signs dossier files in CHUKYDONVI and holds the signatures of others against known certificates.

XML-DSig, enveloped, SHA-256, the certificate inside. Which canonicalisation and what is referred to
is a profile, for the portal's own XSD decides it (claims D3); the default is that of form 09/BH.
What is signed is what is read: a signature over another element is none.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.signer import XMLSigner
from signxml.verifier import SignatureConfiguration, XMLVerifier

from payments.claims.certificates import BadCertificate, Signer, is_valid_at
from payments.claims.documents import ENVELOPE_MAX_BYTES
from payments.claims.fields import day_of
from payments.foreign_xml import Unreadable, root_of
from payments.kernel.errors import InvalidField, Rejected

_DS: Final = "http://www.w3.org/2000/09/xmldsig#"
_PLACE: Final = "CHUKYDONVI"
_CONTENT: Final = "THONGTINHOSO"
_HERE: Final = timezone(timedelta(hours=7))
_DIGESTS: Final = frozenset(
    {DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512}
)
_METHODS: Final = frozenset(
    {
        SignatureMethod.RSA_SHA256,
        SignatureMethod.RSA_SHA384,
        SignatureMethod.RSA_SHA512,
        SignatureMethod.ECDSA_SHA256,
    }
)


class NotSigned(Rejected):
    """A file cannot be signed: it is no dossier file, or is signed already; *reason* is a code."""

    code = "dossier-not-signed"


class SignatureNotValid(Rejected):
    """A file is not signed by a known certificate: *state* says how."""

    code = "signature-not-valid"


class Covers(StrEnum):
    """What a signature refers to."""

    DOCUMENT = "document"
    CONTENT = "content"


@dataclass(frozen=True, slots=True)
class Profile:
    """How a portal wants it: *c14n* is a canonicalisation, *covers* what is signed."""

    c14n: CanonicalizationMethod = CanonicalizationMethod.CANONICAL_XML_1_0
    covers: Covers = Covers.DOCUMENT
    #: Name and value of the Id of THONGTINHOSO, where only that is signed.
    id_attribute: str = "Id"
    id_value: str = "hoso"


class State(StrEnum):
    VALID = "valid"
    ABSENT = "absent"
    #: The bytes were changed, or somebody else has signed.
    INVALID = "invalid"
    #: The signature is right, but not the day of the file (NGAYLAP) for its certificate.
    OUT_OF_DATE = "out_of_date"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Signature:
    """What a file's signature is worth; *subject* is the certificate that it was held against."""

    state: State
    subject: str = ""


def read_profile(path: Path) -> Profile:
    """
    Read a profile: JSON with c14n, covers, id_attribute, id_value; each may lack.

    Raises:
        InvalidField: names the key that is unknown or wrong.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8-sig"))
        if not isinstance(told, dict):
            raise TypeError("a profile is an object")
        given: dict[str, Any] = dict(told)
        if "c14n" in given:
            given["c14n"] = CanonicalizationMethod(given["c14n"])
        if "covers" in given:
            given["covers"] = Covers(given["covers"])
        return Profile(**given)
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise InvalidField("profile", "signature_profile", file=path.name) from error


def sign(content: bytes, signer: Signer, now: datetime, profile: Profile | None = None) -> bytes:
    """
    Sign a dossier file; what it says is not changed.

    Raises:
        NotSigned: it is no dossier file, or there is a signature.
        BadCertificate: the certificate is not valid *now*.
    """
    profile = profile or Profile()
    if not is_valid_at(signer.certificate, now):
        raise BadCertificate(reason="expired")
    root = _opened(content)
    [place] = root.findall(_PLACE) or [etree.SubElement(root, _PLACE)]
    if len(place) or (place.text or "").strip():
        raise NotSigned(reason="signed")
    place.text = None
    etree.SubElement(place, f"{{{_DS}}}Signature", Id="placeholder", nsmap={None: _DS})
    referred = None
    if profile.covers is Covers.CONTENT:
        [inside] = root.findall(_CONTENT)
        inside.set(profile.id_attribute, profile.id_value)
        referred = f"#{profile.id_value}"
    is_rsa = isinstance(signer.key, rsa.RSAPrivateKey)
    made = XMLSigner(
        signature_algorithm=(
            SignatureMethod.RSA_SHA256 if is_rsa else SignatureMethod.ECDSA_SHA256
        ),
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=profile.c14n,
    ).sign(
        root,
        key=signer.key,
        cert=[signer.certificate],
        reference_uri=referred,
        id_attribute=profile.id_attribute,
    )
    signed: bytes = etree.tostring(made, encoding="utf-8", xml_declaration=True)
    return signed


def verify(
    content: bytes, trusted: Sequence[x509.Certificate], profile: Profile | None = None
) -> Signature:
    """Hold the signature of a file against the certificates that are *trusted*; never raises."""
    profile = profile or Profile()
    try:
        root = _opened(content)
    except NotSigned:
        return Signature(State.UNREADABLE)
    if not root.findall(f"{_PLACE}/{{{_DS}}}Signature"):
        return Signature(State.ABSENT)
    for certificate in trusted:
        if _is_signed_by(root, certificate, profile):
            subject = certificate.subject.rfc4514_string()
            made_on = day_of((root.findtext(f"{_CONTENT}/NGAYLAP") or "").strip())
            if made_on is None or not is_valid_at(
                certificate, datetime.combine(made_on, time(12), _HERE)
            ):
                return Signature(State.OUT_OF_DATE, subject)
            return Signature(State.VALID, subject)
    return Signature(State.INVALID)


def _is_signed_by(root: etree._Element, certificate: x509.Certificate, profile: Profile) -> bool:
    wanted = SignatureConfiguration(
        location=f"./{_PLACE}/",
        signature_methods=_METHODS,
        digest_algorithms=_DIGESTS,
        expect_references=1,
    )
    try:
        found = XMLVerifier().verify(
            root,
            x509_cert=certificate,
            id_attribute=profile.id_attribute,
            expect_config=wanted,
        )
    except (SignXMLException, ValueError, KeyError, etree.LxmlError):
        # All that is not a right signature is a wrong one.
        return False
    signed = found[0].signed_xml if isinstance(found, list) else found.signed_xml
    # One element of each name was seen on opening, so this is the one that is read.
    return signed is not None and signed.tag in (root.tag, _CONTENT)


def _opened(content: bytes) -> etree._Element:
    try:
        root = root_of(content, most=ENVELOPE_MAX_BYTES)
    except Unreadable as error:
        raise NotSigned(reason=error.code) from error
    is_one = len(root.findall(_CONTENT)) == 1 and len(root.findall(_PLACE)) <= 1
    if root.tag != "GIAMDINHHS" or not is_one:
        raise NotSigned(reason="XML_MALFORMED")
    # A second element of the name, deeper, could be the signed one beside the one that is read.
    if sum(1 for _ in root.iter(_CONTENT)) != 1:
        raise NotSigned(reason="XML_MALFORMED")
    return root
