"""A page of the report in a real browser: `python -m tools.check_page results/report.html`.

A headless Chromium (that of Debian will do; CHROMIUM names another) opens the page in light and in dark, on a phone's
screen and on a wide one. A fault is an error on its console, a picture without size, a request that leaves the page, a
page wider than the screen, or text that does not stand out. This file must not know what the page says.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
SCREENS = {"phone": (390, 844), "wide": (1400, 900)}
# What Blink calls the two.
SCHEMES = {"dark": 0, "light": 1}
SECONDS = 120
LEAST_CONTRAST = 4.5  # of WCAG 2, level AA

# The window of a headless browser may be no narrower than 500 pixels: a frame of the width of a phone holds the page.
FRAME = """<!DOCTYPE html><meta charset="utf-8"><body style="margin:0">
<iframe id="page" style="border:0;width:{width}px;height:{height}px"></iframe><pre id="found"></pre><script>
const frame = document.getElementById("page");
function luminance(text) {{
  const parts = text.match(/[\\d.]+/g).slice(0, 3).map(part => part / 255);
  const [r, g, b] = parts.map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}}
function contrast(a, b) {{
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}}
frame.onload = () => {{
  const page = frame.contentDocument, view = frame.contentWindow;
  const behind = view.getComputedStyle(page.body).backgroundColor;
  const found = {{
    dark: view.matchMedia("(prefers-color-scheme: dark)").matches,
    width: page.documentElement.scrollWidth,
    behind,
    requests: view.performance.getEntriesByType("resource").map(entry => entry.name),
    pictures: [...page.querySelectorAll("svg")].map(svg => {{
      const box = svg.getBoundingClientRect(), text = svg.querySelector("text");
      return {{
        name: svg.getAttribute("aria-label"), width: box.width, height: box.height,
        marks: svg.querySelectorAll("path, use").length,
        contrast: text ? contrast(view.getComputedStyle(text).fill, behind) : null,
        letters: text ? parseFloat(view.getComputedStyle(text).fontSize) * box.width
          / svg.viewBox.baseVal.width : null,
      }};
    }}),
    contrast: Math.min(...[...page.querySelectorAll("p, td, th, li, span")].map(
      one => contrast(view.getComputedStyle(one).color, behind))),
  }};
  document.getElementById("found").textContent = JSON.stringify(found);
}};
frame.srcdoc = {page};
</script>"""


def browser() -> str | None:
    """Return where a Chromium is."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


def opened(page: Path, screen: str, scheme: str, chromium: str) -> tuple[dict[str, Any], list[str]]:
    """Open a page, and return what it looks like and the lines of the console."""
    width, height = SCREENS[screen]
    text = json.dumps(page.read_text(encoding="utf-8")).replace("</", "<\\/")
    with tempfile.TemporaryDirectory() as folder:
        frame = Path(folder) / "frame.html"
        frame.write_text(FRAME.format(width=width, height=height, page=text), encoding="utf-8")
        command = [
            *(chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
            *("--no-first-run", "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND"),
            *(
                "--enable-logging=stderr",
                f"--user-data-dir={folder}/profile",
                f"--window-size={max(width, 800)},{height}",
            ),
            *(f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}", "--virtual-time-budget=5000"),
            *("--dump-dom", frame.as_uri()),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    found = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.S)
    if done.returncode or not found or not found[1]:
        raise RuntimeError(f"the browser showed nothing:\n{done.stderr[-2000:]}")
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return json.loads(html.unescape(found[1])), console


def faults(page: Path, chromium: str) -> Iterator[str]:
    """Yield what is wrong with a page."""
    for screen, (width, _) in SCREENS.items():
        for scheme in SCHEMES:
            found, console = opened(page, screen, scheme, chromium)
            where = f"{screen}, {scheme}"
            yield from (f"{where}: console: {line}" for line in console)
            yield from (f"{where}: a request for {name}" for name in found["requests"])
            if found["dark"] != (scheme == "dark"):
                yield f"{where}: the browser did not take the colour scheme"
            if found["width"] > width:
                yield f"{where}: {found['width']} pixels wide"
            if found["contrast"] < LEAST_CONTRAST:
                yield f"{where}: text with contrast {found['contrast']:.2f}"
            for picture in found["pictures"]:
                if min(picture["width"], picture["height"]) < 100 or not picture["marks"]:
                    yield f"{where}: picture {picture['name']}: {picture['width']} by {picture['height']}"
                if picture["contrast"] is not None and picture["contrast"] < LEAST_CONTRAST:
                    yield f"{where}: picture {picture['name']}: letters with contrast {picture['contrast']:.2f}"


def main() -> int:
    """Print the faults of the page that is named, and return 1 if there are any."""
    chromium = browser()
    if chromium is None or len(sys.argv) != 2:
        print(f"{__doc__}\n{'' if chromium else 'No Chromium was found.'}", file=sys.stderr)
        return 2
    found = list(faults(Path(sys.argv[1]), chromium))
    print("\n".join(found) or "no fault")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
