"""Where gateways send their messages."""

from payments.web.webhooks.receive import webhooks

__all__ = ["webhooks"]
