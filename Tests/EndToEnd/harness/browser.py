"""Headless Chromium, driven by the W3C WebDriver protocol: no package but Debian's."""

import base64
import json
import shutil
import subprocess
import urllib.error
import urllib.request

from .paths import ROOT
from .server import free_port
from .waiting import eventually

ARTEFACTS = ROOT / ".build" / "artefacts"
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = {
    "Escape": "\ue00c", "Enter": "\ue007", "Tab": "\ue004", "Down": "\ue015", "Up": "\ue013",
    "Left": "\ue012", "Right": "\ue014", "Home": "\ue011", "End": "\ue010",
    "PageDown": "\ue00f", "PageUp": "\ue00e",
}


def available():
    return shutil.which("chromium") is not None and shutil.which("chromedriver") is not None


class Browser:
    """One window. `dark` and `width` choose how the page is seen."""

    def __init__(self, width=1280, height=900, dark=False):
        port = free_port()
        self._driver = subprocess.Popen(
            ["chromedriver", f"--port={port}", "--silent"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._base = f"http://127.0.0.1:{port}"
        self._session = None
        try:
            eventually(self._is_up, 15)
            arguments = [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--lang=en-GB", "--force-device-scale-factor=1",
                f"--window-size={width},{height}",
            ]
            if dark:
                arguments.append("--blink-settings=preferredColorScheme=0")
            options = {"binary": shutil.which("chromium"), "args": arguments}
            answer = self._call(
                "POST", "/session",
                {
                    "capabilities": {
                        "alwaysMatch": {
                            "goog:chromeOptions": options,
                            "goog:loggingPrefs": {"browser": "ALL"},
                        }
                    }
                },
            )
            self._session = f"/session/{answer['sessionId']}"
            # The frame of a window takes room; what counts is what the page gets.
            self.cdp(
                "Emulation.setDeviceMetricsOverride",
                width=width, height=height, deviceScaleFactor=1, mobile=width < 600,
            )
            self.cdp("Emulation.setTimezoneOverride", timezoneId="Europe/Paris")
            if dark:
                self.cdp(
                    "Emulation.setEmulatedMedia",
                    features=[{"name": "prefers-color-scheme", "value": "dark"}],
                )
        except BaseException:
            self.close()
            raise

    def _is_up(self):
        try:
            return self._call("GET", "/status")["ready"]
        except OSError:
            return False

    def _call(self, method, path, body=None):
        request = urllib.request.Request(
            self._base + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(json.load(error)["value"]["message"]) from None

    def _do(self, method, path, body=None):
        return self._call(method, self._session + path, body)

    # The window

    def open(self, url):
        self._do("POST", "/url", {"url": url})

    def cdp(self, command, **parameters):
        return self._do("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def run(self, script, *arguments):
        """Runs the body of a function in the page and returns what it returns."""
        return self._do("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def text(self, selector):
        """The text that is visible; None where there is no such element."""
        return self.run(
            "return document.querySelector(arguments[0])?.innerText ?? null", selector
        )

    def wait_for(self, script, *arguments, timeout=10.0):
        return eventually(
            lambda: self.run(script, *arguments), timeout, message=lambda: f"never true: {script}"
        )

    def wait_for_text(self, selector, text, timeout=10.0):
        return eventually(
            lambda: text in (self.text(selector) or ""), timeout,
            message=lambda: f"{selector} says {self.text(selector)!r}, expected {text!r}",
        )

    def click(self, selector):
        element = self._do(
            "POST", "/element", {"using": "css selector", "value": selector}
        )[ELEMENT]
        self._do("POST", f"/element/{element}/click", {})

    def type(self, text):
        """Types into whatever has the focus."""
        self.press(*text)

    def press(self, *keys):
        actions = []
        for key in keys:
            value = KEYS.get(key, key)
            actions += [{"type": "keyDown", "value": value}, {"type": "keyUp", "value": value}]
        self._do(
            "POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]}
        )

    def hover(self, x, y):
        move = {"type": "pointerMove", "x": int(x), "y": int(y), "duration": 0}
        self._do(
            "POST", "/actions",
            {"actions": [{"type": "pointer", "id": "mouse", "actions": [move]}]},
        )

    def console(self):
        """What the browser complained of since the last look: errors, violations of the policy."""
        entries = self._do("POST", "/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if entry["level"] == "SEVERE"]

    def screenshot(self, name):
        """Keeps a picture of the whole page as an artefact, and returns its path."""
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        size = self.cdp("Page.getLayoutMetrics")["cssContentSize"]
        picture = self.cdp(
            "Page.captureScreenshot", format="png", captureBeyondViewport=True,
            clip={
                "x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 2400),
                "scale": 1,
            },
        )["data"]
        path = ARTEFACTS / f"{name}.png"
        path.write_bytes(base64.b64decode(picture))
        return path

    def close(self):
        if self._session is not None:
            try:
                self._do("DELETE", "")
            except (AssertionError, OSError):
                pass
        self._driver.terminate()
        try:
            self._driver.wait(10)
        except subprocess.TimeoutExpired:
            self._driver.kill()
            self._driver.wait()
