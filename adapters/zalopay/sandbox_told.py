"""The content of what the stand-in tells: a callback's data, and the list of banks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from adapters._sandbox.faults import Fault
from adapters._sandbox.orders import Order
from adapters._wire.fields import as_epoch_ms
from adapters.zalopay import sandbox_api, signature
from adapters.zalopay.settings import SANDBOX_APPS

#: The channel of a payment from the wallet.
WALLET: Final = 38
_SHORT_BY: Final = 1_000
_BANKS: Final = (("zalopayapp", "Ví Thử nghiệm", 38), ("CC", "Thẻ quốc tế Thử nghiệm", 36))


def data(order: Order, now: datetime, fault: Fault) -> Mapping[str, Any]:
    """Give the content of a callback, in the order of the documents."""
    kept = {name: order.facts[name] for name in ("app_id", "app_trans_id", "app_time", "app_user")}
    return {
        **kept,
        "amount": order.paid - (_SHORT_BY if fault.wrong_amount else 0),
        "embed_data": order.facts["embed_data"],
        "item": order.facts["item"],
        "zp_trans_id": order.number,
        "server_time": as_epoch_ms(order.paid_at or now),
        "channel": WALLET,
        "merchant_user_id": f"nguoithu{order.facts['app_id']}",
        "zp_user_id": "nguoithu",
        "user_fee_amount": 0,
        "discount_amount": 0,
    }


def banks(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    keys = SANDBOX_APPS.get(sandbox_api.number(asked.get("appid")) or 0)
    text = signature.text_of(asked, signature.BANKS)
    if keys is None or not signature.is_authentic(text, asked.get(signature.MAC), keys[0]):
        return {"returncode": -402, "returnmessage": "Chữ ký không hợp lệ", "banks": {}}
    rows = {
        str(channel): [
            {
                "bankcode": code,
                "name": name,
                "displayorder": place,
                "pmcid": channel,
                "minamount": 1_000,
                "maxamount": 50_000_000,
            }
        ]
        for place, (code, name, channel) in enumerate(_BANKS, start=1)
    }
    return {"returncode": 1, "returnmessage": "Thành công", "banks": rows}


def key2(order: Order) -> str:
    return SANDBOX_APPS[order.facts["app_id"]][1]
