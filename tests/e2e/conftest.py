"""The demo as people start it, and a real Chromium in front of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from payments.demo.making import PASSWORD
from tests.support.browsers import FLAGS, chromium
from tests.support.stagehands import Theatre, theatre_in

#: Four programs start and three days of history are made; a busy machine takes its time.
START_MAX_S = 180


@dataclass
class Demo:
    """A running demo and what it said."""

    web: str
    bank: str
    data: Path
    process: subprocess.Popen[bytes]

    def transfer(self, memo: str, amount: int, **more: object) -> None:
        """Let somebody's bank carry money to the hospital."""
        told = {"account": "99001000001", "amount": amount, "memo": memo, "deliver": "both", **more}
        httpx.post(f"{self.bank}/sandbox/transfers", json=told, trust_env=False).raise_for_status()


def free_ports() -> int:
    """Find three neighbouring free ports; return the first."""
    for _ in range(50):
        with socket.socket() as first, socket.socket() as second, socket.socket() as third:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
                third.bind(("127.0.0.1", port + 2))
            except OSError:
                continue
            return port
    raise RuntimeError("no three neighbouring ports are free")


def start_demo(data: Path) -> Demo:
    port = free_ports()
    kept = {k: v for k, v in os.environ.items() if not k.startswith("VIENPHI_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "payments.cli", "demo", "--port", str(port), "--data", str(data)],
        env=kept,
        stdout=subprocess.PIPE,
    )
    demo = Demo(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}", data, process)
    until = time.monotonic() + START_MAX_S
    while time.monotonic() < until and process.poll() is None:
        if answers(f"{demo.web}/readyz") and answers(demo.bank):
            return demo
        time.sleep(0.2)
    process.kill()
    raise RuntimeError("the demo did not answer")


def answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False, timeout=2).status_code == 200
    except httpx.TransportError:
        return False


def stop_demo(demo: Demo) -> int:
    demo.process.send_signal(signal.SIGINT)
    return demo.process.wait(timeout=20)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    running = start_demo(tmp_path_factory.mktemp("demo") / "hospital")
    yield running
    stop_demo(running)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Chromium: the journeys must run in CI")
        pytest.skip("no Chromium on this machine: the journeys were not run")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="vi-VN")
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def sign_in(page: Page, demo: Demo, login: str) -> None:
    page.goto(demo.web)
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_text("Đăng xuất").wait_for()


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Theatre]:
    """The hospital of the pages; its servers end with the module and not with the last test."""
    with theatre_in(tmp_path_factory.mktemp("theatre"), browser) as made:
        yield made
