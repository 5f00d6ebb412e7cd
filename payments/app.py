"""The web program, put together: the one place where settings, database and pages meet."""

from __future__ import annotations

import os
from typing import Any, Final

import structlog
from flask import Blueprint, Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from payments.config import Mode, Settings
from payments.einvoicing.accounts import accounts_of
from payments.external import einvoices
from payments.external.portal import PORTAL, Account
from payments.external.registry import Portals
from payments.gateway import Gateways
from payments.kernel.clock import SystemClock
from payments.kernel.database_clock import DatabaseClock
from payments.kernel.errors import Rejected
from payments.kernel.scope import FacilityId
from payments.kernel.traces import described
from payments.keys import Keys, WrongKeys
from payments.resources import resource
from payments.runtime import Runtime
from payments.storage import installation
from payments.storage.unit_of_work import Database
from payments.storage.upgrading import Standing, current_revision, newest_revision, standing
from payments.web import api, pages, problem, security
from payments.web.admin import admin
from payments.web.api.reference import reference
from payments.web.assets import assets
from payments.web.cashier import cashier
from payments.web.connections import connections
from payments.web.current import EXTENSION, current, has_current
from payments.web.display import display
from payments.web.finance import finance
from payments.web.health import health
from payments.web.metrics import metrics
from payments.web.patient import patient
from payments.web.preferences import preferences
from payments.web.problem import problems
from payments.web.sandbox import sandbox
from payments.web.sign_in import sign_in
from payments.web.webhooks import webhooks

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    assets,
    health,
    metrics,
    problems,
    preferences,
    sign_in,
    cashier,
    patient,
    display,
    webhooks,
    sandbox,
    finance,
    connections,
    reference,
    admin,
)
#: A form of a desk with a long list of services; a view that takes a file says so itself. It also
#: bounds the time that reading a form takes: a megabyte of escaped letters takes 0.2 s.
_BODY_MAX_BYTES: Final = 256 * 1024
#: Of what is no file, in a view that takes more: a list of users that was shown and comes back.
_FIELDS_MAX_BYTES: Final = 1024 * 1024


_log = structlog.get_logger("web")


class _House(Flask):
    """Flask, but what it says of a failure of its own handlers names no address: a link is one."""

    def log_exception(self, exc_info: Any) -> None:
        request_id = current().request_id if has_current() else ""
        _log.error("web.failed", request_id=request_id, exc_info=exc_info[1])


class OldSchema(Rejected):
    """The database is of an earlier release than the program: run ``vienphi db upgrade``."""

    code = "old-schema"


def create_app(runtime: Runtime | None = None) -> Flask:
    """
    Make the web application; None makes the runtime from the environment.

    Raises:
        WrongSetting, WrongKeys, WrongInstallation, UnknownGateway, OldSchema: the program must
            not start like this, and the message says what to change.
    """
    runtime = runtime if runtime is not None else from_environment()
    app = _House("payments", template_folder=str(resource("templates")), static_folder=None)
    app.config.update(
        MAX_CONTENT_LENGTH=_BODY_MAX_BYTES,
        MAX_FORM_MEMORY_SIZE=_FIELDS_MAX_BYTES,
        TRUSTED_HOSTS=list(runtime.settings.hosts),
    )
    app.extensions[EXTENSION] = runtime
    for part in (security, problem, pages):
        part.install(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    api.install(app)
    hops = runtime.settings.proxy_hops
    if hops:
        # The host is not taken from a header: a proxy passes Host itself.
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=0, x_port=0, x_prefix=0
        )
    return app


def from_environment() -> Runtime:
    """Read settings and keys, and refuse a database that does not fit them."""
    settings = Settings.from_env(os.environ)
    _log_as_events(settings.log_level)
    keys = Keys.read(settings.keys_file)
    if keys.is_demo and settings.mode is Mode.PRODUCTION:
        raise WrongKeys(
            f"{settings.keys_file} holds the keys of a demo, which others know:"
            " make new ones with `vienphi keys new`"
        )
    url = settings.database_url.reveal()
    # SQLite is a file of this machine: there is one clock.
    clock = DatabaseClock() if url.startswith("postgresql") else SystemClock()
    database = Database(url, clock)
    installation.check(database.engine, mode=settings.mode.value)
    found, newest = current_revision(database.engine), newest_revision()
    if standing(found) is Standing.BEHIND:
        raise OldSchema(f"the database is at {found}, the program at {newest}: vienphi db upgrade")
    if found != newest:
        # After a later release was backed out of: its schema holds all that this one needs.
        _log.warning("web.later_schema", found=found, newest=newest)
    portals = Portals.at(settings.portal_url, _accounts(keys), None, clock)
    sellers = accounts_of(keys)
    return Runtime(
        settings,
        database,
        Gateways.named(settings.gateways),
        clock,
        keys,
        portals=portals,
        einvoices=einvoices.Providers.at(settings.einvoice_url, sellers, clock),
    )


def _accounts(keys: Keys) -> dict[FacilityId, Account]:
    """Read the accounts at the insurer's portal from the keys file."""
    try:
        return {
            FacilityId(facility): Account(
                told["user"].reveal(),
                told["password"],
                told["staff_name"].reveal(),
                told["staff_id"],
            )
            for facility, told in keys.accounts(PORTAL).items()
        }
    except KeyError as error:
        raise WrongKeys(f"an account at the portal lacks {error}: vienphi keys account") from error


def _log_as_events(level: str) -> None:
    # Traces without the words of failures and the values of variables: those hold names, numbers.
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(lambda failure: described(failure[1])),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level.lower()),
        cache_logger_on_first_use=True,
    )
