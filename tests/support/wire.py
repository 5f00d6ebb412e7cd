"""What a browser really loads: bytes on the wire and the first paint, on an emulated network."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser

#: Chromium's own preset "Fast 3G": each request waits 562.5 ms, 1.44 Mbit/s down.
FAST_3G: dict[str, Any] = {
    "offline": False,
    "latency": 562.5,
    "downloadThroughput": 1.44e6 / 8,
    "uploadThroughput": 675e3 / 8,
}


@dataclass(slots=True)
class Load:
    """One cold load; *sizes* are bytes with headers by address."""

    sizes: dict[str, int] = field(default_factory=dict)
    first_paint_ms: float = 0.0
    contentful_ms: float = 0.0

    @property
    def total(self) -> int:
        return sum(self.sizes.values())


def load(browser: Browser, url: str, *, network: dict[str, Any] | None = None) -> Load:
    """Open *url* with an empty cache, wait until all is there, and say what it took."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="vi-VN")
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    if network is not None:
        session.send("Network.emulateNetworkConditions", network)
    found = Load()
    names: dict[str, str] = {}

    def began(event: dict[str, Any]) -> None:
        names[event["requestId"]] = event["request"]["url"]

    def ended(event: dict[str, Any]) -> None:
        name = names.get(event["requestId"], event["requestId"])
        found.sizes[name] = found.sizes.get(name, 0) + int(event["encodedDataLength"])

    session.on("Network.requestWillBeSent", began)
    session.on("Network.loadingFinished", ended)
    page.goto(url, wait_until="networkidle")
    page.evaluate("document.fonts.ready")
    paints = page.evaluate(
        "performance.getEntriesByType('paint').map(entry => [entry.name, entry.startTime])"
    )
    told = dict(paints)
    found.first_paint_ms = told.get("first-paint", 0.0)
    found.contentful_ms = told.get("first-contentful-paint", 0.0)
    context.close()
    return found
