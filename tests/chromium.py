"""Debian's Chromium without a window, told what to do through its debugging protocol."""

import asyncio
import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

EXECUTABLE = shutil.which("chromium") or shutil.which("google-chrome")
START, ANSWER = 60.0, 60.0
"""Longest time in seconds until Chromium listens, and until it answers."""


@dataclass
class Seen:
    """What a page did, and what was read from it."""

    answers: list[Any] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


def look(
    page: Path,
    width: int,
    height: int,
    questions: list[str],
    screenshot: Path,
    *,
    dark: bool = False,
) -> Seen:
    """Open a page in a window of a size, take a screenshot, and evaluate JavaScript in it.

    Parameters
    ----------
    width, height
        Of the window; one as narrow as a phone is treated as a phone's.
    questions
        Expressions, evaluated one after the other; a promise is waited for.
    screenshot
        Written after the last of them.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [
                str(EXECUTABLE),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--remote-debugging-port=0",
                f"--user-data-dir={profile}",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"HOME": profile},
        )
        try:
            port = _port(Path(profile) / "DevToolsActivePort", process)
            return asyncio.run(_look(port, page, (width, height), questions, screenshot, dark))
        finally:
            process.terminate()
            process.wait(timeout=30)


def _port(path: Path, process: "subprocess.Popen[bytes]") -> int:
    end = time.monotonic() + START
    while time.monotonic() < end and process.poll() is None:
        if path.exists() and (lines := path.read_text().splitlines()):
            return int(lines[0])
        time.sleep(0.05)
    raise RuntimeError(f"{EXECUTABLE} did not start; it ended with {process.poll()}")


class _Tab:
    """A tab, over its socket."""

    def __init__(self, socket: "aiohttp.ClientWebSocketResponse", seen: Seen) -> None:
        self._socket = socket
        self._seen = seen
        self._number = 0
        self.loaded = False

    async def do(self, method: str, **parameters: Any) -> Any:
        """Send a command and return its result."""
        self._number += 1
        told = {"id": self._number, "method": method, "params": parameters}
        await self._socket.send_str(json.dumps(told))
        while (message := await self.next()).get("id") != self._number:
            pass
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']}")
        return message["result"]

    async def next(self) -> dict[str, Any]:
        """Return the next message, after noting what it says of the page."""
        message: dict[str, Any] = await self._socket.receive_json(timeout=ANSWER)
        method, told = message.get("method"), message.get("params", {})
        if method == "Network.requestWillBeSent":
            self._seen.requests.append(told["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self._seen.complaints.append(str(told["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning"):
            self._seen.complaints.append(str(told["args"]))
        elif method == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
            self._seen.complaints.append(told["entry"]["text"])
        elif method == "Page.loadEventFired":
            self.loaded = True
        return message


async def _look(
    port: int,
    page: Path,
    size: tuple[int, int],
    questions: list[str],
    screenshot: Path,
    dark: bool,
) -> Seen:
    seen = Seen()
    async with aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}/json/list") as response:
            tabs = await response.json(content_type=None)
        address = next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page")
        async with session.ws_connect(address, max_msg_size=0) as socket:
            tab = _Tab(socket, seen)
            for domain in ("Page", "Network", "Runtime", "Log"):
                await tab.do(f"{domain}.enable")
            await tab.do(
                "Emulation.setDeviceMetricsOverride",
                width=size[0],
                height=size[1],
                deviceScaleFactor=1,
                mobile=size[0] < 600,
            )
            scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
            await tab.do("Emulation.setEmulatedMedia", features=[scheme])
            await tab.do("Page.navigate", url=page.resolve().as_uri())
            while not tab.loaded:
                await tab.next()
            for question in questions:
                asked = {"expression": question, "awaitPromise": True, "returnByValue": True}
                answer = await tab.do("Runtime.evaluate", **asked)
                if "exceptionDetails" in answer:
                    raise RuntimeError(f"{question}: {answer['exceptionDetails']}")
                seen.answers.append(answer["result"].get("value"))
            taken = await tab.do("Page.captureScreenshot", format="png")
            screenshot.write_bytes(base64.b64decode(taken["data"]))
    return seen
