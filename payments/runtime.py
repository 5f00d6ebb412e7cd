"""What every use case is given: the database, the gateways, the clock, the keys, the settings."""

from __future__ import annotations

from dataclasses import dataclass, field

from payments.config import Settings
from payments.external.einvoices import Providers
from payments.external.registry import Portals
from payments.gateway import Gateways, Transport
from payments.kernel.clock import Clock
from payments.keys import Keys
from payments.storage.unit_of_work import Database


@dataclass(frozen=True, slots=True)
class Runtime:
    """Made once per process by ``app``, ``worker``, ``demo`` or a test, and passed down."""

    settings: Settings
    database: Database
    gateways: Gateways
    clock: Clock
    keys: Keys
    #: None means the network; tests and the demo put a sandbox here.
    transport: Transport | None = None
    #: The insurer's portal, by facility; empty where cards are checked by hand.
    portals: Portals = field(default_factory=Portals)
    #: The providers of e-invoices, by facility; empty where they are issued by other means.
    einvoices: Providers = field(default_factory=Providers)
