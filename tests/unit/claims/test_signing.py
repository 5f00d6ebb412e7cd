"""A signature holds for the file that is read, by a certificate that is known, or it is none."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    pkcs12,
)
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.algorithms import CanonicalizationMethod

from payments import cli
from payments.claims.certificates import BadCertificate, Signer, read_signer
from payments.claims.checking import check
from payments.claims.findings import Verdict
from payments.claims.signing import (
    Covers,
    NotSigned,
    Profile,
    Signature,
    State,
    sign,
    verify,
)
from tests.support.bhyt import RULES
from tests.support.dossiers import dossier, envelope, sample

#: The envelopes of the samples were made on 30 September 2026.
NOW = datetime(2026, 10, 1, 8, 0, tzinfo=UTC)
DS = "{http://www.w3.org/2000/09/xmldsig#}"


@cache
def a_signer(name: str = "BV THU NGHIEM", *, curve: bool = False, days: int = 365) -> Signer:
    key = (
        ec.generate_private_key(ec.SECP256R1())
        if curve
        else rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(99001)
        .not_valid_before(NOW - timedelta(days=days))
        .not_valid_after(NOW + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    return Signer(key, made)


def a_file() -> bytes:
    return envelope(dossier(sample("s1")))


def changed(content: bytes, name: str, value: str) -> bytes:
    root = etree.fromstring(content)
    next(root.iter(name)).text = value
    return bytes(etree.tostring(root))


PROFILES = [
    Profile(),
    Profile(covers=Covers.CONTENT),
    Profile(c14n=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0),
]


@pytest.mark.parametrize("profile", PROFILES, ids=["document", "content", "exclusive"])
@pytest.mark.parametrize("curve", [False, True], ids=["rsa", "ecdsa"])
def test_what_is_signed_is_valid_and_reads_as_before(profile: Profile, curve: bool) -> None:
    signer = a_signer(curve=curve)

    signed = sign(a_file(), signer, NOW, profile)

    assert verify(signed, [signer.certificate], profile) == Signature(
        State.VALID, "CN=BV THU NGHIEM"
    )
    before, after = check(a_file(), RULES), check(signed, RULES)
    assert after.verdict is Verdict.ACCEPT
    assert replace(after, sha256=before.sha256) == before
    [signature] = etree.fromstring(signed).findall(f"CHUKYDONVI/{DS}Signature")
    assert signature.find(f".//{DS}DigestMethod").get("Algorithm").endswith("sha256")
    assert signature.find(f".//{DS}X509Certificate") is not None


@pytest.mark.parametrize("profile", PROFILES, ids=["document", "content", "exclusive"])
def test_any_change_of_what_is_signed_is_seen(profile: Profile) -> None:
    signer = a_signer()
    signed = sign(a_file(), signer, NOW, profile)
    packed = etree.fromstring(signed).findtext(".//NOIDUNGFILE")
    assert packed

    for name, value in (
        ("NGAYLAP", "20260929"),
        ("NOIDUNGFILE", packed[:-8] + "AAAAAAA="),
        ("SOLUONGHOSO", "2"),
    ):
        assert verify(changed(signed, name, value), [signer.certificate], profile) == Signature(
            State.INVALID
        )


def test_another_certificate_is_not_ours() -> None:
    signed = sign(a_file(), a_signer("KẺ LẠ"), NOW)

    assert verify(signed, [a_signer().certificate]).state is State.INVALID
    both = [a_signer().certificate, a_signer("KẺ LẠ").certificate]
    assert verify(signed, both).state is State.VALID


def test_a_file_without_signature_is_told_apart_from_a_wrong_one() -> None:
    trusted = [a_signer().certificate]

    assert verify(a_file(), trusted).state is State.ABSENT
    assert verify(b"<x/>", trusted).state is State.UNREADABLE
    assert verify(b"<!DOCTYPE x><GIAMDINHHS/>", trusted).state is State.UNREADABLE


def test_a_signature_over_another_element_is_none() -> None:
    """The signed content is moved aside, and other dossiers are put where a reader looks."""
    signer, profile = a_signer(), Profile(covers=Covers.CONTENT)
    signed = etree.fromstring(sign(a_file(), signer, NOW, profile))
    other = etree.fromstring(envelope(dossier(sample("s3"))))
    true = signed.find("THONGTINHOSO")
    signed.replace(true, other.find("THONGTINHOSO"))
    etree.SubElement(signed.find("CHUKYDONVI"), "Object").append(true)

    assert verify(etree.tostring(signed), [signer.certificate], profile).state in (
        State.UNREADABLE,
        State.INVALID,
    )


def test_a_file_of_a_day_outside_of_the_certificate_is_out_of_date() -> None:
    late = a_signer("MỚI", days=0)

    signed = sign(a_file(), late, NOW + timedelta(hours=1))

    assert verify(signed, [late.certificate]).state is State.OUT_OF_DATE


def test_what_is_signed_is_not_signed_again_and_an_ended_certificate_signs_nothing() -> None:
    signer = a_signer()

    with pytest.raises(NotSigned):
        sign(sign(a_file(), signer, NOW), signer, NOW)
    with pytest.raises(NotSigned):
        sign(b"<x/>", signer, NOW)
    with pytest.raises(BadCertificate):
        sign(a_file(), signer, NOW + timedelta(days=366))


def test_a_key_file_with_a_wrong_password_or_of_another_kind_is_refused() -> None:
    for content in (b"", b"no key", p12(a_signer())):
        with pytest.raises(BadCertificate):
            read_signer(content, "wrong")


def p12(signer: Signer) -> bytes:
    return pkcs12.serialize_key_and_certificates(
        b"vienphi", signer.key, signer.certificate, None, BestAvailableEncryption(b"bi mat")
    )


def test_the_commands_sign_and_verify(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    signer = a_signer("BV LỆNH", days=3_650)
    (tmp_path / "a.xml").write_bytes(a_file())
    (tmp_path / "key.p12").write_bytes(p12(signer))
    (tmp_path / "password").write_text("bi mat\n", encoding="utf-8")
    (tmp_path / "c.pem").write_bytes(signer.certificate.public_bytes(Encoding.PEM))
    (tmp_path / "profile.json").write_text('{"covers": "content"}', encoding="utf-8")
    given = ["--profile", str(tmp_path / "profile.json")]

    signing = ["--key", str(tmp_path / "key.p12"), "--out", str(tmp_path / "b.xml")]
    signing += ["--password-file", str(tmp_path / "password"), *given]
    assert cli.main(["bhyt", "sign", str(tmp_path / "a.xml"), *signing]) == 0

    asked = ["--certificate", str(tmp_path / "c.pem"), *given]
    assert cli.main(["bhyt", "verify", str(tmp_path / "b.xml"), *asked]) == 0
    assert json.loads(capsys.readouterr().out)["signature"] == "valid"
    assert cli.main(["bhyt", "verify", str(tmp_path / "a.xml"), *asked]) == 1
    assert json.loads(capsys.readouterr().out)["signature"] == "absent"
    assert cli.main(["bhyt", "check", str(tmp_path / "b.xml"), *asked]) == 0
    assert cli.main(["bhyt", "check", str(tmp_path / "a.xml"), *asked]) == 1
    assert "absent" in capsys.readouterr().err


def test_a_profile_with_an_unknown_key_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in ('{"c14n": "x"}', '{"other": 1}', "[]", "{"):
        (tmp_path / "p.json").write_text(text, encoding="utf-8")
        (tmp_path / "c.pem").write_bytes(a_signer().certificate.public_bytes(Encoding.PEM))
        (tmp_path / "a.xml").write_bytes(a_file())
        asked = ["--certificate", str(tmp_path / "c.pem"), "--profile", str(tmp_path / "p.json")]

        assert cli.main(["bhyt", "verify", str(tmp_path / "a.xml"), *asked]) == 2
        assert "p.json" in capsys.readouterr().err
