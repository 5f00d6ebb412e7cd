"""
W3 and W8: text that is code somewhere, in every field; nothing of it runs on page, paper or sheet.

    python -m tests.faults.scripting --payloads 500 --pages 300

Each payload is sent to each field, of forms, files, API, banks. What is answered, and where it
leads, is searched for anything that a browser would run; then Chromium opens pages that hold
payloads, with our policy, and reports what ran and what the policy had to stop. Names are printed
on every paper, and each exported sheet is read cell by cell.
"""

from __future__ import annotations

import csv
import io
import itertools
import logging
import os
import random
import re
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

import pypdf
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from payments.documents import typesetting
from payments.documents.printable import printable
from payments.identity.permissions import Role
from payments.kernel.money import vnd
from tests.faults import script
from tests.faults.script import Outcome
from tests.support.browsers import FLAGS, chromium
from tests.support.databases import Cluster
from tests.support.fields import Places
from tests.support.markup import executable
from tests.support.payloads import PRODUCT, payloads
from tests.support.routes import routes
from tests.support.stage import morning, stage

_CALL: Final = re.compile(r"vpHit\(\d+\)")
#: A page is asked by whoever may open it.
_WHO: Final = (
    ("/desk", Role.HEAD_CASHIER),
    ("/finance", Role.ACCOUNTANT),
    ("/admin/users", Role.IT_ADMIN),
    ("/admin/channels", Role.IT_ADMIN),
    ("/admin", Role.CHIEF_ACCOUNTANT),
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER: Final = re.compile(r"-?\d+")
_ACTIONS: Final = ("/JavaScript", "/JS", "/Launch", "/OpenAction", "/AA", "/URI", "/EmbeddedFile")
_COOKIE: Final = "vienphi"
#: In every page, before anything of it: whoever runs calls us, whatever is stopped is told.
_WATCH: Final = """
window.vpSeen = [];
window.vpHit = (n) => { window.vpSeen.push('ran ' + n); };
for (const name of ['alert', 'confirm', 'prompt'])
  window[name] = () => { window.vpSeen.push(name); };
document.addEventListener('securitypolicyviolation', (e) => {
  window.vpSeen.push('stopped ' + e.violatedDirective + ' ' + e.blockedURI);
});
"""


def run(cluster: Cluster, seed: int, *, payloads: int, pages: int) -> Outcome:
    outcome = Outcome()
    with stage(cluster, morning()) as made:
        places = Places(made)
        texts = _texts(payloads)
        found = _Pages(places, outcome)
        for place, text in itertools.product(list(places.all()), texts):
            found.answered(place.name, place.send(text))
        found.lists()
        outcome.figures["payloads"] = len(texts)
        outcome.figures["fields"] = sum(1 for _ in places.all())
        outcome.figures["pages read"] = found.read
        outcome.figures["of them with a payload"] = found.with_payload
        outcome.expect("executable nodes", found.nodes, 0)
        outcome.expect("sums that a template made", found.products, 0)
        outcome.expect("answers 5xx of our own", found.failed, 0)
        papers = _papers(places, texts, outcome)
        _sheets(places, outcome)
        if not found.with_payload or not papers:
            outcome.failures.append("no payload was ever shown: nothing was tried")
        chosen = random.Random(seed).sample(found.addresses, min(pages, len(found.addresses)))
        _in_chromium(places, [*found.main, *chosen], outcome)
    return outcome


def _texts(count: int) -> list[str]:
    """Take *count* of the full list, spread over its kinds."""
    every = payloads(500)
    return [every[place * len(every) // count] for place in range(count)]


class _Pages:
    def __init__(self, places: Places, outcome: Outcome) -> None:
        self._places = places
        self._outcome = outcome
        self._seen: set[str] = set()
        self.addresses: list[str] = []
        self.main: list[str] = []
        self.read = self.with_payload = self.nodes = self.products = self.failed = 0

    def answered(self, name: str, answer: TestResponse) -> None:
        self._look(name, answer)
        path = urlsplit(answer.headers.get("Location", "")).path
        if answer.status_code == 303 and path.startswith("/") and path not in self._seen:
            self._seen.add(path)
            self.addresses.append(path)
            self._look(path, self._places.get(who(path), path))

    def lists(self) -> None:
        """Open what lists things: every page that needs nothing but the day and one of each."""
        places, invoice = self._places, self._places.invoice
        token = places.made.hospital.view(invoice).pay_token
        for route in routes(
            places.app, invoice_id=invoice, payment_id=places.payment, credit=places.credit,
            token=token, date=places.day, slug="sepay", code="not-found",
        ):  # fmt: skip
            if route.method == "GET" and not route.path.startswith(("/static", "/api", "/keys")):
                answer = places.get(who(route.path), route.path)
                if answer.status_code == 200 and answer.mimetype == "text/html":
                    self.main.append(route.path)
                    self._look(route.path, answer)

    def _look(self, name: str, answer: TestResponse) -> None:
        # 503 is how a feed is told that a message could not be read.
        self.failed += answer.status_code >= 500 and answer.status_code != 503
        if answer.status_code >= 500 and answer.status_code != 503:
            self._outcome.failures.append(f"{name}: {answer.status_code}")
        if answer.mimetype not in ("text/html", "application/json", "application/problem+json"):
            return
        text = answer.get_data(as_text=True)
        self.read += 1
        self.with_payload += bool(_CALL.search(text))
        self.products += PRODUCT in text
        if answer.mimetype == "text/html":
            wrong = executable(text)
            self.nodes += len(wrong)
            self._outcome.failures += [f"{name}: {one}" for one in wrong[:2]]


def who(path: str) -> Role:
    return next((role for start, role in _WHO if path.startswith(start)), Role.HEAD_CASHIER)


def _papers(places: Places, texts: Sequence[str], outcome: Outcome) -> int:
    """Set each text on every paper in place of the patient's name, and read what stands there."""
    made, wrong, set_as_typed = places.made, 0, 0
    invoice = made.hospital.issue("KB01", "SA01")
    made.hospital.show(invoice)
    with _remembered() as told:
        head = places.people[Role.HEAD_CASHIER]
        head.get(f"/desk/invoices/{invoice}/slip.pdf")
        for number, paper in (("1", "a5"), ("2", "roll")):
            form = {"number": number, "paper": paper, "reason": "in thử"}
            path = f"/desk/receipts/{places.payment}/prints"
            head.get(head.post(path, form).headers["Location"])
    assert sorted(told) == ["receipt.typ", "roll.typ", "slip.typ"]
    for text, (template, data) in itertools.product(texts, told.items()):
        words = {k: text for k, v in data.items() if isinstance(v, str) and k != "qr"}
        lines = [dict.fromkeys(line, text) for line in data.get("lines", ())]  # type: ignore[attr-defined]
        page = typesetting.pdf(template, data | words | ({"lines": lines} if lines else {}))
        reader = pypdf.PdfReader(io.BytesIO(page))
        said = _plain("".join(one.extract_text() for one in reader.pages))
        actions = [name for name in _ACTIONS if name in str(_objects(reader))]
        if actions or PRODUCT in said:
            outcome.failures.append(f"{template} with {text!r}: {actions} {said[:80]}")
            wrong += 1
        set_as_typed += _plain(printable(text)) in said
    outcome.figures["papers set"] = len(texts) * len(told)
    outcome.figures["of them with the text as typed"] = set_as_typed
    outcome.expect("papers that ran something", wrong, 0)
    return set_as_typed


@contextmanager
def _remembered() -> Iterator[dict[str, dict[str, object]]]:
    """Keep what is set on paper meanwhile, by template."""
    told: dict[str, dict[str, object]] = {}
    set_page = typesetting.pdf

    def remembering(template: str, data: dict[str, object]) -> bytes:
        told[template] = dict(data)
        return set_page(template, data)

    typesetting.pdf = remembering  # type: ignore[assignment]
    try:
        yield told
    finally:
        typesetting.pdf = set_page


def _plain(text: str) -> str:
    return re.sub(r"[\s\u200b\u00ad]+", "", text)


def _objects(reader: pypdf.PdfReader) -> list[object]:
    names = [reader.trailer["/Root"], *reader.pages]
    return [list(one.keys()) + list(one.get("/Annots", [])) for one in names]  # type: ignore[attr-defined]


def _sheets(places: Places, outcome: Outcome) -> None:
    """Read every exported sheet: each cell is a number, or no spreadsheet runs it."""
    hospital = places.made.hospital
    for text in _texts(40):
        invoice = hospital.issue()
        hospital.arrive(hospital.transfer(f"{hospital.show(invoice).code} {text}", vnd(150_000)))
    hospital.work()
    cells = wrong = sheets = 0
    for route in routes(places.app, date=places.day):
        if route.method != "GET" or not route.path.endswith(".csv"):
            continue
        answer = places.get(who(route.path), route.path)
        if answer.mimetype != "text/csv":
            continue
        sheets += 1
        for row in csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))):
            for cell in row:
                cells += 1
                is_run = cell.lstrip(" ").startswith(_FORMULA) and not _NUMBER.fullmatch(cell)
                wrong += is_run
                if is_run:
                    outcome.failures.append(f"{route.path}: {cell[:60]!r}")
    outcome.figures["sheets, cells"] = f"{sheets}, {cells}"
    outcome.expect("cells that a spreadsheet runs", wrong, 0)
    outcome.expect("no sheet was exported", sheets == 0, False)


def _in_chromium(places: Places, paths: Sequence[str], outcome: Outcome) -> None:
    path = chromium()
    if path is None:
        outcome.figures["Chromium"] = "none on this machine"
        if os.environ.get("CI") == "true":
            outcome.failures.append("no Chromium in CI")
        return
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, places.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    site = f"http://localhost:{server.server_port}"
    try:
        # A thread of its own: a browser that is open in this one allows no second.
        with ThreadPoolExecutor(1) as alone:
            opened, reports = alone.submit(_open, path, site, places, paths).result()
    finally:
        server.shutdown()
        thread.join()
    outcome.figures["pages in Chromium"] = opened
    outcome.expect("reports of the policy and of scripts that ran", len(reports), 0)
    outcome.failures += reports[:5]


def _open(
    chromium_path: str, site: str, places: Places, paths: Sequence[str]
) -> tuple[int, list[str]]:
    """Open *paths*, each as who may; tells how many opened, and what ran or was stopped there."""
    opened, reports = 0, []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=list(FLAGS))
        for role in dict.fromkeys(who(one) for one in paths):
            context = browser.new_context()
            context.add_init_script(_WATCH)
            cookie = places.people[role].client.get_cookie(_COOKIE)
            assert cookie is not None
            context.add_cookies([{"name": _COOKIE, "value": cookie.value, "url": site}])
            page = context.new_page()
            for one in (one for one in paths if who(one) is role):
                try:
                    answer = page.goto(site + one, wait_until="load", timeout=20_000)
                    assert answer is not None
                    opened += answer.status == 200
                    seen = page.evaluate("window.vpSeen")
                except BrowserError as error:
                    seen = [f"not opened: {error.message[:80]}"]
                reports += [f"{one}: {told}" for told in seen]
            context.close()
        browser.close()
    return opened, reports


if __name__ == "__main__":
    raise SystemExit(script.main(run, "W3 scripts in every field", {"payloads": 500, "pages": 300}))
