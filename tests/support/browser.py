"""Drive Debian's Chromium over a pipe with the DevTools protocol.

with Browser() as browser:
    page = browser.open("file:///page.html")
    page.run("document.title")
"""

import base64
import fcntl
import json
import os
import select
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

PROGRAM = "chromium"
START, ANSWER = 60, 60  # seconds
_OPTIONS = (
    "--headless=new",
    "--no-sandbox",  # the sandbox does not work for root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--autoplay-policy=document-user-activation-required",  # like a user's browser
    "--use-fake-device-for-media-stream",  # a microphone that beeps, and permission to use it
    "--use-fake-ui-for-media-stream",
    "--remote-debugging-pipe",
)


class Browser:
    """A running Chromium. Messages are JSON terminated by a zero byte, on the process's descriptors 3 and 4."""

    def __enter__(self) -> "Browser":
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        to_read, self._out = os.pipe()
        self._in, to_write = os.pipe()
        theirs = [fcntl.fcntl(each, fcntl.F_DUPFD, 10) for each in (to_read, to_write)]
        self._process = subprocess.Popen(
            [PROGRAM, *_OPTIONS, f"--user-data-dir={self._folder.name}", "about:blank"],
            preexec_fn=lambda: [os.dup2(each, number) for number, each in enumerate(theirs, 3)],
            pass_fds=(3, 4),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": self._folder.name},
        )
        for each in (to_read, to_write, *theirs):
            os.close(each)
        self._number, self._buffer, self._events = 0, b"", list[dict]()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._in), os.close(self._out)
        self._folder.cleanup()

    def open(self, url: str, width: int = 1200, height: int = 900) -> "Page":
        """Open a page in a new tab, and return it once it has loaded."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        return Page(self, session, url, width, height)

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict:
        """Call a method of the protocol and return the result. Events that arrive in the meantime are kept."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters} | (
            {"sessionId": session} if session else {}
        )
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._out, data) :]
        end = time.monotonic() + ANSWER
        while True:
            answer = self._next(end)
            if answer.get("id") == self._number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]
            self._events.append(answer)

    def events(self, session: str) -> list[dict]:
        """Return the page's events so far."""
        return [event for event in self._events if event.get("sessionId") == session]

    def _next(self, end: float) -> dict:
        while b"\0" not in self._buffer:
            ready, *_ = select.select([self._in], [], [], max(0, end - time.monotonic()))
            assert ready, "chromium does not respond"
            data = os.read(self._in, 1 << 16)
            assert data, "chromium has ended"
            self._buffer += data
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)


class Page:
    """A tab."""

    def __init__(self, browser: Browser, session: str, url: str, width: int, height: int):
        self._browser, self._session = browser, session
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.resize(width, height)
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete' && location.href !== 'about:blank'", 30)

    def call(self, method: str, **parameters: Any) -> dict:
        """Call a method of the protocol for this page."""
        return self._browser.call(method, self._session, **parameters)

    def resize(self, width: int, height: int) -> None:
        """Set the size of the window in CSS pixels."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )

    def run(self, script: str) -> Any:
        """Return the value of an expression, or the result of its promise. If the expression throws an exception, the
        call fails with its message."""
        found = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=False
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]["exception"].get("description", found)
        return found["result"].get("value")

    def wait(self, condition: str, seconds: float = 20) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + seconds
        while not self.run(condition):
            assert time.monotonic() < end, f"condition is not true after {seconds} s: {condition}"
            time.sleep(0.02)

    def press(self, key: str) -> None:
        """Press and release a key: one character, Enter, Escape or Tab."""
        code = {"Enter": 13, "Escape": 27, "Tab": 9}.get(key, 0)
        text = {"text": "\r" if key == "Enter" else key} if len(key) == 1 or key == "Enter" else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def type(self, text: str) -> None:
        """Insert text where the cursor is, as pasting does."""
        self.call("Input.insertText", text=text)

    def problems(self) -> list[str]:
        """Return the exceptions, console errors and warnings, and the browser's own messages so far."""
        self.run("0")
        found = []
        for event in self._browser.events(self._session):
            told = event["params"]
            if event["method"] == "Runtime.exceptionThrown":
                found.append(json.dumps(told["exceptionDetails"]))
            elif event["method"] == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning", "assert"):
                found.append(json.dumps(told["args"]))
            elif event["method"] == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
                found.append(told["entry"]["text"])
        return found

    def requests(self) -> list[str]:
        """Return the addresses that the page has requested, apart from blob: and data: addresses."""
        self.run("0")
        asked = [
            event["params"]["request"]["url"]
            for event in self._browser.events(self._session)
            if event["method"] == "Network.requestWillBeSent"
        ]
        return [url for url in asked if not url.startswith(("blob:", "data:"))]

    def picture(self, file: Path, whole: bool = True) -> None:
        """Write a screenshot as PNG, of the whole page or of the window."""
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        file.write_bytes(base64.b64decode(shot["data"]))
