"""The chart of accounts as data (specification of the ledger, section 4)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from payments.ledger.model import BadEntry


class Kind(StrEnum):
    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    INCOME = "income"
    EXPENSE = "expense"


class Guard(StrEnum):
    NONE = "none"
    #: No subject takes more out than was put in (I12).
    SUBJECT_NON_NEGATIVE = "subject_non_negative"


@dataclass(frozen=True, slots=True)
class Control:
    """
    A control account; *qualifier* says what one instance stands for ("" = there is one instance).

    *subjects* set: every posting side on the account names a subject of one of these types (I11).
    """

    code: str
    name: str
    kind: Kind
    qualifier: str = ""
    subjects: tuple[str, ...] = ()
    guard: Guard = Guard.NONE
    #: The only account that turns round: less revenue is a debit on an income account.
    contra: bool = False

    @property
    def normal_side(self) -> str:
        debit = self.kind in (Kind.ASSET, Kind.EXPENSE)
        return "D" if debit is not self.contra else "C"


_GUARDED: Final = Guard.SUBJECT_NON_NEGATIVE
_CONTROLS: Final = (
    Control("1000", "Tiền mặt tại quầy", Kind.ASSET, "cash point", ("shift",)),
    Control("1010", "Tiền mặt tại quỹ", Kind.ASSET),
    Control("1020", "Tiền đang chuyển", Kind.ASSET, "bank account", ("settlement", "shift")),
    Control("1100", "Tiền gửi ngân hàng", Kind.ASSET, "bank account", ("bank_credit",)),
    Control("1200", "Phải thu cổng/ví", Kind.ASSET, "adapter", ("payment",)),
    Control("1210", "Tiền bị giữ do tranh chấp", Kind.ASSET, "adapter", ("dispute",)),
    Control("1300", "Phải thu người bệnh", Kind.ASSET, "", ("invoice",)),
    Control("1400", "Phải thu BHYT chưa gửi", Kind.ASSET, "agency", ("claim",)),
    Control("1410", "Phải thu BHYT đã gửi giám định", Kind.ASSET, "agency", ("claim",)),
    Control("1420", "BHYT từ chối, đang giải trình", Kind.ASSET, "agency", ("claim",)),
    Control("1500", "Phải thu bảo hiểm khác, cơ quan", Kind.ASSET, "payer", ("invoice",)),
    Control("2000", "Tạm ứng viện phí", Kind.LIABILITY, "", ("encounter",), _GUARDED),
    Control("2100", "Phải hoàn trả người bệnh", Kind.LIABILITY, "", ("refund",), _GUARDED),
    Control(
        "2200", "Tiền vào chưa xác định", Kind.LIABILITY, "", ("bank_credit", "payment"), _GUARDED
    ),
    Control("2300", "Tạm ứng của BHXH", Kind.LIABILITY, "agency and period", ("claim_period",)),
    Control("2400", "Phí phải trả cổng", Kind.LIABILITY, "adapter"),
    Control("2500", "Thuế GTGT phải nộp", Kind.LIABILITY),
    Control("3000", "Số dư đầu kỳ", Kind.EQUITY),
    Control("3900", "Bàn giao doanh thu HIS", Kind.EQUITY, "department"),
    Control("4000", "Doanh thu dịch vụ", Kind.INCOME, "department and payer class"),
    Control("4090", "Miễn giảm viện phí", Kind.INCOME, "programme", ("invoice",), contra=True),
    Control("4900", "Thu khác", Kind.INCOME),
    Control("5000", "Phí thanh toán", Kind.EXPENSE, "adapter"),
    Control("5100", "Tổn thất tranh chấp thẻ", Kind.EXPENSE, "adapter", ("dispute",)),
    Control("5200", "BHYT xuất toán", Kind.EXPENSE, "reason code", ("claim",)),
    Control("5210", "Nợ viện phí không thu được", Kind.EXPENSE, "", ("invoice",)),
    Control("5300", "Thừa, thiếu quỹ", Kind.EXPENSE, "", ("shift",)),
    Control("5310", "Chênh lệch làm tròn", Kind.EXPENSE),
)
CHART: Final = MappingProxyType({control.code: control for control in _CONTROLS})
#: Longer qualifiers are an error of the caller, not an account.
_QUALIFIER_MAX: Final = 100


def control_of(code: str) -> Control:
    """
    Find the control account of *code*.

    Raises:
        BadEntry: it is not in the chart, or a qualifier is missing or too much.
    """
    number, colon, qualifier = code.partition(":")
    control = CHART.get(number)
    if control is None:
        raise BadEntry(f"{number!r} is not in the chart of accounts")
    if bool(control.qualifier) is not bool(qualifier) or bool(colon) is not bool(qualifier):
        wanted = f"needs a qualifier ({control.qualifier})" if control.qualifier else "takes none"
        raise BadEntry(f"account {number} {wanted}: {code!r}")
    if len(qualifier) > _QUALIFIER_MAX:
        raise BadEntry(f"the qualifier of account {number} is longer than {_QUALIFIER_MAX}")
    return control
