"""What is asked of a page in a browser: axe's rules, and whether anything is lost when narrow."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.support.stagehands import AXE_ADDRESS

#: 1280 px wide at 400 % zoom, which is also the narrowest telephone.
NARROW = {"width": 320, "height": 256}
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN = """async tags => {
    const found = await axe.run(document, {
        runOnly: {type: "tag", values: tags}, resultTypes: ["violations"],
    });
    return found.violations.flatMap(one => one.nodes.map(
        node => `${one.id}: ${node.target.join(" ")}: ${node.failureSummary}`));
}"""
_CONTRAST = """async () => {
    const found = await axe.run(document, {
        runOnly: ["color-contrast"], resultTypes: ["violations"],
    });
    return found.violations.flatMap(one => one.nodes.map(
        node => `dark: ${node.target.join(" ")}: ${node.failureSummary}`));
}"""
#: What a table's own scroller holds may be wider than the window; the row of the rail scrolls too.
_LOST = """() => {
    const wide = innerWidth, lost = [];
    const name = e => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") +
        (e.getAttribute("class") ? "." + e.getAttribute("class").trim().replace(/ +/g, ".") : "") +
        " “" + e.textContent.trim().slice(0, 40) + "”";
    const scrolls = e => { for (; e && e !== document.body; e = e.parentElement) {
        const style = getComputedStyle(e);
        if (["auto", "scroll"].includes(style.overflowX) && e.scrollWidth > e.clientWidth &&
            e.matches(".wrap, .rail")) return true;
    } return false; };
    if (document.documentElement.scrollWidth > wide)
        lost.push(`the page is ${document.documentElement.scrollWidth} px wide`);
    for (const e of document.querySelectorAll("body *")) {
        if (!e.getClientRects().length || e.closest(".vh, svg, .skip")) continue;
        const style = getComputedStyle(e), box = e.getBoundingClientRect();
        if ((box.right > wide + 1 || box.left < -1) && !scrolls(e))
            lost.push("out of sight: " + name(e));
        // A field's own text moves with its caret.
        if (e.matches("input, select, textarea")) continue;
        const cuts = ["hidden", "clip"].includes(style.overflowX);
        if (cuts && e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 1)
            lost.push("cut: " + name(e));
        const fixed = ["hidden", "clip"].includes(style.overflowY);
        if (fixed && e.scrollHeight > e.clientHeight + 2 && e.clientHeight > 1)
            lost.push("cut below: " + name(e));
    }
    return lost;
}"""


def violations(page: Page) -> list[str]:
    """List where *page* breaks axe's rules, by rule and element; in the dark, its contrast."""
    page.add_script_tag(url=AXE_ADDRESS)
    found: list[str] = page.evaluate(_RUN, _TAGS)
    page.emulate_media(color_scheme="dark")
    found += page.evaluate(_CONTRAST)
    page.emulate_media(color_scheme="light")
    return found


def lost(page: Page) -> list[str]:
    """List what of *page* nobody can see at 320 px: beside the window, or cut off."""
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    found: list[str] = page.evaluate(_LOST)
    return found


def announced(page: Page) -> list[str]:
    """List what the polite status regions say, as the browser tells it to a screen reader."""
    session = page.context.new_cdp_session(page)
    nodes = {one["nodeId"]: one for one in session.send("Accessibility.getFullAXTree")["nodes"]}
    session.detach()
    return [
        " ".join(_words(nodes, node)).replace("\N{NO-BREAK SPACE}", " ").strip()
        for node in nodes.values()
        if _value(node, "role") == "status" and _property(node, "live") == "polite"
    ]


def _words(nodes: dict[str, Any], node: dict[str, Any]) -> list[str]:
    if _value(node, "role") == "StaticText":
        return [_value(node, "name")]
    below = (nodes[child] for child in node.get("childIds", []) if child in nodes)
    return [word for child in below for word in _words(nodes, child)]


def _value(node: dict[str, Any], name: str) -> str:
    return str(node.get(name, {}).get("value", ""))


def _property(node: dict[str, Any], name: str) -> str:
    found = {one["name"]: one["value"].get("value") for one in node.get("properties", [])}
    return str(found.get(name, ""))
