"""Furnishes a trial hospital: departments, prices, an account at the trial bank, its channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from payments.catalogue import insured
from payments.catalogue.insured import Insured
from payments.catalogue.service import add_department, add_service
from payments.channels import service as channels
from payments.desks import service as desks
from payments.gateway import Payee
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import vnd
from payments.kernel.scope import FacilityId, Scope
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

FACILITY: Final = FacilityId(99001)
NAME: Final = "BV Đa khoa Thử nghiệm"
#: The channel whose codes the desk shows.
DESK: Final = "vietqr"
_OPENER: Final = "bank_transfer"


@dataclass(frozen=True, slots=True)
class _Service:
    code: str
    name: str
    department: str
    dong: int


#: Revenue centres; the numbers of rooms say nothing clinical on a public page.
_DEPARTMENTS: Final = {
    "KB": "Phòng 20",
    "XN": "Phòng 21",
    "SA": "Phòng 22",
    "XQ": "Phòng 23",
    "CT": "Phòng 24",
}
_CASH_POINTS: Final = {"Q1": "Quầy 01", "Q2": "Quầy 02"}
#: What the fund says of services: price (None: the hospital's), ratio, MA_NHOM. The examination on
#: request costs more than the fund's price; certificates and copies are outside of its list.
_INSURED: Final = {
    "KB01": Insured(vnd(50_600), 100, 13),
    "KB02": Insured(None, 100, 13),
    "XN01": Insured(None, 100, 1),
    "XN02": Insured(None, 100, 1),
    "XN03": Insured(None, 100, 1),
    "XN04": Insured(None, 100, 3),
    "SA01": Insured(vnd(49_300), 100, 2),
    "SA02": Insured(vnd(222_000), 100, 2),
    "XQ01": Insured(None, 100, 2),
    "CT01": Insured(vnd(550_100), 50, 2),
}
_SERVICES: Final = (
    _Service("KB01", "Khám theo yêu cầu", "KB", 150_000),
    _Service("KB02", "Khám thường", "KB", 36_500),
    _Service("KB03", "Giấy chứng nhận sức khỏe", "KB", 120_000),
    _Service("XN01", "Tổng phân tích tế bào máu", "XN", 92_000),
    _Service("XN02", "Sinh hóa máu 10 chỉ số", "XN", 215_000),
    _Service("XN03", "Tổng phân tích nước tiểu", "XN", 27_500),
    _Service("XN04", "Đo điện tim thường", "XN", 65_000),
    _Service("SA01", "Siêu âm ổ bụng tổng quát", "SA", 180_000),
    _Service("SA02", "Siêu âm tim", "SA", 250_000),
    _Service("XQ01", "Chụp X-quang ngực thẳng", "XQ", 64_000),
    _Service("CT01", "Chụp cắt lớp vi tính sọ não", "CT", 700_000),
    _Service("CT02", "Sao bản phim", "CT", 0),
)


def furnish(runtime: Runtime, scope: Scope, settings: Mapping[str, Mapping[str, str]]) -> None:
    """
    Add what a cashier needs to begin; *settings* are those of the sandbox's adapters by name.

    Runs in one transaction: a hospital is furnished whole or not at all.
    """
    today = HospitalDay.of(runtime.clock.now())
    with runtime.database.transaction(scope) as tx:
        for code, name in _DEPARTMENTS.items():
            add_department(tx, code, name)
        for item in _SERVICES:
            add_service(
                tx,
                item.code,
                item.name,
                department=item.department,
                price=vnd(item.dong),
                since=today.plus(-30),
            )
        for code, facts in _INSURED.items():
            insured.add(tx, code, facts, since=today.plus(-30))
        for code, name in _CASH_POINTS.items():
            desks.add(tx, code, name)
        _add_channels(tx, runtime, settings)


def _add_channels(
    tx: UnitOfWork, runtime: Runtime, settings: Mapping[str, Mapping[str, str]]
) -> None:
    desk = settings[_OPENER]
    account = desk["account"]
    channels.add_account(tx, runtime.settings.mode, Payee(desk["bin"], account, desk["holder"]))
    channels.put(tx, runtime, slug=DESK, adapter=_OPENER, settings=desk, account=account)
    for adapter, told in settings.items():
        if adapter != _OPENER:
            channels.put(tx, runtime, slug=adapter, adapter=adapter, settings=told)
