"""Firefox and WebKit, each driven by what it speaks by itself: no package and no other program is needed.

Firefox speaks Marionette, length and JSON over a socket; WebKitGTK's driver speaks WebDriver over HTTP. Both have the
commands of WebDriver (https://www.w3.org/TR/webdriver2/), of which these tests need five.
"""

import base64
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

PATIENCE = 60
"""Seconds that a busy machine may take to start a browser."""
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""The name under which WebDriver gives an element."""
_MINI = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser")) + sorted(Path("/usr/libexec").glob("webkit*"))


class MissingError(Exception):
    """Why a browser cannot be driven here."""


class Driver:
    """A browser with one tab. `command` sends a command of WebDriver and gives its value."""

    def __init__(self, command: Callable[..., Any], processes: list[subprocess.Popen[bytes]]) -> None:
        self._command = command
        self._processes = processes

    def goto(self, url: str) -> None:
        self._command("url", url=url)

    def evaluate(self, script: str, *arguments: Any) -> Any:
        """What the body of a function returns, or what its promise is kept with."""
        wrapped = (
            "const done = arguments[arguments.length - 1];"
            f"(async function () {{ {script} }}).apply(null, [...arguments].slice(0, -1))"
            ".then((value) => done([value]), (error) => done([null, String(error)]));"
        )
        value, *problem = self._command("execute/async", script=wrapped, args=list(arguments))
        if problem:
            raise RuntimeError(problem[0])
        return value

    def keys(self, selector: str, text: str) -> None:
        """Type into an element."""
        found = self._command("element", using="css selector", value=selector)
        self._command(f"element/{found[_ELEMENT]}/value", text=text)

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._command("screenshot")))

    def close(self) -> None:
        for process in reversed(self._processes):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _patiently(attempt: Callable[[], Any], problem: type[Exception]) -> Any:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return attempt()
        except problem as error:
            if time.monotonic() > until:
                raise MissingError(f"it did not start within {PATIENCE} seconds ({error})") from error
            time.sleep(0.1)


def firefox(folder: Path) -> Driver:
    """Firefox, in a profile of its own.

    Raises:
        MissingError: it is not installed, or does not start.
    """
    program = os.environ.get("GRADBOOK_FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")
    if not program:
        raise MissingError("firefox is not installed")
    port = _port()
    settings = {
        "marionette.port": port,
        "browser.startup.page": 0,
        "app.update.enabled": False,
        # What it would prepare for a person: a page of news, reports, the lists that Mozilla keeps.
        "browser.startup.homepage": "about:blank",
        "browser.newtabpage.enabled": False,
        "browser.newtab.preload": False,
        "datareporting.healthreport.uploadEnabled": False,
        "datareporting.policy.dataSubmissionEnabled": False,
        "services.settings.server": "data:,",
    }
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in settings.items()]
    (folder / "user.js").write_text("\n".join(lines), encoding="utf-8")
    process = subprocess.Popen(
        [program, "--headless", "--marionette", "--no-remote", "--profile", str(folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "HOME": str(folder)},
    )
    try:
        stream = _patiently(lambda: socket.create_connection(("127.0.0.1", port), timeout=PATIENCE), OSError)
    except MissingError:
        process.kill()
        process.wait()
        raise
    names = {
        "session": "WebDriver:NewSession", "url": "WebDriver:Navigate", "execute/async": "WebDriver:ExecuteAsyncScript",
        "element": "WebDriver:FindElement", "screenshot": "WebDriver:TakeScreenshot", "rect": "WebDriver:SetWindowRect",
    }  # fmt: skip
    number = 0

    def received() -> Any:
        length = b""
        while not length.endswith(b":"):
            length += stream.recv(1)
        data = b""
        while len(data) < int(length[:-1]):
            data += stream.recv(int(length[:-1]) - len(data))
        return json.loads(data)

    def command(name: str, **given: Any) -> Any:
        nonlocal number
        number += 1
        if name.startswith("element/"):
            given = {"id": name.split("/")[1], **given}
            spelled = "WebDriver:ElementSendKeys"
        else:
            spelled = names[name]
        if name == "screenshot":
            given = {"full": False}
        message = json.dumps([0, number, spelled, given]).encode()
        stream.sendall(str(len(message)).encode() + b":" + message)
        _, _, error, result = received()
        if error:
            raise RuntimeError(f"{spelled}: {error['message']}")
        return result["value"] if isinstance(result, dict) and "value" in result else result

    received()
    command("session")
    command("rect", width=1366, height=900)
    return _closing(Driver(command, [process]), stream.close)


def _closing(driver: Driver, also: Callable[[], None]) -> Driver:
    close = driver.close

    def both() -> None:
        also()
        close()

    driver.close = both  # type: ignore[method-assign]
    return driver


def webkit(_: Path) -> Driver:
    """WebKitGTK's small browser, on the display that there is or on one that nobody sees.

    Raises:
        MissingError: it, its driver or a display is missing, or it does not start.
    """
    program = shutil.which("WebKitWebDriver")
    if not program or not _MINI:
        raise MissingError("webkit2gtk-driver is not installed")
    processes: list[subprocess.Popen[bytes]] = []
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    display = os.environ.get("DISPLAY")
    if not display:
        server = shutil.which("Xvfb")
        if not server:
            raise MissingError("WebKit needs a display: Xvfb (xvfb) is not installed")
        reading, writing = os.pipe()
        command_line = [server, "-displayfd", str(writing), "-screen", "0", "1400x1000x24", "-nolisten", "tcp"]
        processes.append(subprocess.Popen(command_line, pass_fds=[writing], **quiet))
        os.close(writing)
        with os.fdopen(reading) as told:
            display = f":{told.readline().strip()}"
    port = _port()
    # Without a graphics card a program stands for one, and to put layers together was half of all that is done here.
    surroundings = {**os.environ, "DISPLAY": display, "WEBKIT_DISABLE_COMPOSITING_MODE": "1"}
    processes.append(subprocess.Popen([program, f"--port={port}"], env=surroundings, **quiet))
    root = f"http://127.0.0.1:{port}/session"
    open_ = urllib.request.build_opener(urllib.request.ProxyHandler({})).open

    def ask(method: str, url: str, data: Any = None) -> Any:
        body = None if data is None else json.dumps(data).encode()
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"}, method=method)
        try:
            with open_(request, timeout=PATIENCE) as answer:
                return json.loads(answer.read())["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{url}: {json.loads(error.read())['value']['message']}") from error

    options = {"binary": str(_MINI[-1]), "args": ["--automation"]}
    wanted = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
    try:
        session = _patiently(lambda: ask("POST", root, wanted), urllib.error.URLError)["sessionId"]
    except (MissingError, RuntimeError) as error:
        Driver(ask, processes).close()
        raise MissingError(str(error)) from error

    def command(name: str, **given: Any) -> Any:
        asks = name == "screenshot"
        return ask("GET" if asks else "POST", f"{root}/{session}/{name}", None if asks else given)

    command("window/rect", width=1366, height=900)
    return _closing(Driver(command, processes), lambda: ask("DELETE", f"{root}/{session}"))
