"""The insurer's portal: card and co-payment look-ups, check-ins, dossiers."""

from adapters.bhyt_portal.adapter import build

__all__ = ["build"]
