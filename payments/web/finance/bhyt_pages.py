"""The page objects of the insurer's board, of one claim, and of an assessment taken in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from payments.kernel.calendar import HospitalDay
from payments.kernel.money import Money
from payments.settlement.board import Board
from payments.settlement.files import FileItem
from payments.settlement.listing import Movement, NoticeItem
from payments.settlement.matching import VisitMatch
from payments.settlement.model import Claim
from payments.settlement.queries import Age, AssessedLine, Orphan, RefusalItem, Step
from payments.web.chips import Chip
from payments.web.finance.bhyt_alarms import AlarmRow


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the waterfall, in units of the drawing; *look* is the class of its colour."""

    key: str
    amount: Money
    left: int
    width: int
    top: int
    look: str


@dataclass(frozen=True, slots=True)
class AgeBar:
    """One class of ages, drawn; in units of the drawing."""

    age: Age
    width: int
    top: int


@dataclass(frozen=True, slots=True)
class RefusalRow:
    item: RefusalItem
    chip: Chip
    is_late: bool
    #: What may be done with it now by this person.
    steps: tuple[str, ...]
    #: What this person may approve: ``write_off``, ``charge`` or nothing.
    approves: str
    is_own: bool
    #: The article that lets the patient be charged, where that is at stake.
    article: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A transfer that names no invoice."""

    credit: str
    text: str


@dataclass(frozen=True, slots=True)
class BoardPage:
    template: ClassVar[str] = "finance/bhyt.html"

    #: None while nothing was ever claimed.
    board: Board | None
    quarters: tuple[str, ...]
    #: Its months of which there are claims: their forms can be taken along.
    months: tuple[str, ...]
    bars: tuple[Bar, ...]
    height: int
    #: Whether the ledger and the forms hold what the board says.
    differences: int
    alarms: tuple[AlarmRow, ...]
    ages: tuple[AgeBar, ...]
    rows: tuple[RefusalRow, ...]
    rows_in_all: int
    orphans: tuple[Orphan, ...]
    notices: tuple[NoticeItem, ...]
    movements: tuple[Movement, ...]
    waiting: tuple[Waiting, ...]
    today: HospitalDay
    may_resolve: bool
    may_import: bool
    failure: str


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file with its state in words; *said* explains what the portal answered, or ours."""

    item: FileItem
    chip: Chip
    said: str


@dataclass(frozen=True, slots=True)
class FilesPage:
    template: ClassVar[str] = "finance/bhyt_files.html"

    rows: tuple[FileRow, ...]
    #: Whether this hospital has an account at the portal, and whether that is the sandbox.
    has_portal: bool
    is_sandbox: bool
    findings: tuple[str, ...]
    may_import: bool
    may_send: bool
    notice: str
    failure: str


@dataclass(frozen=True, slots=True)
class ClaimPage:
    template: ClassVar[str] = "finance/bhyt_claim.html"

    claim: Claim
    month: str
    quarter: str
    chip: Chip
    steps: tuple[Step, ...]
    lines: tuple[AssessedLine, ...]
    rows: tuple[RefusalRow, ...]
    match: VisitMatch
    #: What may be done with it now: ``withdraw``, ``come_back``, ``number``.
    moves: tuple[str, ...]
    #: Whether form 09/BH can be written from its last two versions.
    is_adjusted: bool
    may_resolve: bool
    failure: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a sheet would do."""

    lines: int
    refusals: int
    refused: Money
    repeated: int
    orphans: int
    orphaned: Money


@dataclass(frozen=True, slots=True)
class ImportPage:
    template: ClassVar[str] = "finance/bhyt_import.html"

    months: tuple[str, ...]
    month: str
    maps: tuple[str, ...]
    chosen: str
    reaches: tuple[str, ...]
    reach: str
    received_on: str
    fields: tuple[str, ...]
    columns: dict[str, str]
    preview: Preview | None
    problems: tuple[tuple[int | None, str, str], ...]
    failure: str
