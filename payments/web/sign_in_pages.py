"""The pages from sign-in to the first page of the staff, and the locked screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flask import request
from markupsafe import Markup

from payments.identity import entering
from payments.identity.model import Session
from payments.kernel.secret import Secret
from payments.qr import drawing
from payments.web.current import current, runtime, words
from payments.web.pages import facility_name


@dataclass(frozen=True, slots=True)
class SignInPage:
    template: ClassVar[str] = "staff/sign_in.html"

    login: str
    next_page: str
    #: Wording key of what went wrong; empty at first.
    failure: str
    #: The sealed form that came too late; empty where there is none.
    kept: str
    #: Whose screen is locked; empty for a plain sign-in.
    locked_name: str


@dataclass(frozen=True, slots=True)
class CodePage:
    template: ClassVar[str] = "staff/code.html"

    next_page: str
    failure: str
    kept: str


@dataclass(frozen=True, slots=True)
class NewPasswordPage:
    template: ClassVar[str] = "staff/new_password.html"

    next_page: str
    #: What is wrong, in words; empty at first.
    failure: str


@dataclass(frozen=True, slots=True)
class EnrolPage:
    template: ClassVar[str] = "staff/enrol.html"

    next_page: str
    failure: str
    picture: Markup
    #: The secret to be typed where no camera reads the picture.
    secret: str


@dataclass(frozen=True, slots=True)
class RecoveryPage:
    """Shown once: nobody can read these again."""

    template: ClassVar[str] = "staff/recovery.html"

    codes: tuple[str, ...]
    next_page: str


@dataclass(frozen=True, slots=True)
class StartPage:
    """For a role that has no page yet."""

    template: ClassVar[str] = "staff/start.html"


def sign_in_page(next_page: str, failure: str = "", kept: str = "") -> SignInPage:
    """Make the sign-in page, or the locked screen where a session of this browser sleeps."""
    late = current().late
    is_other = request.args.get("other") or request.endpoint == "sign_in.enter"
    is_locked = late is not None and not is_other and not late.has_ended(runtime().clock.now())
    login = request.form.get("login", "")[:32] if failure else ""
    return SignInPage(
        login or (late.user.login if late is not None and kept else ""),
        next_page,
        failure,
        kept,
        late.user.name if late is not None and is_locked else "",
    )


def enrol_page(secret: Secret[bytes], found: Session, next_page: str, failure: str) -> EnrolPage:
    told = entering.issuer_address(secret, found.user.login, f"Vienphi {current().facility}")
    picture = drawing.svg(told, words("enrol.picture", hospital=facility_name()))
    # Made by us from letters of base 32: nothing in it was typed by anybody.
    return EnrolPage(next_page, failure, Markup(picture), entering.issuer_text(secret))  # noqa: S704
