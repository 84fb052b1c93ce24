"""Makes docs/images/backfill.png anew, from a demo that is running and a Chromium of the system.

./run dagster --demo --port 3000
.tools/uv/bin/uv run --project orchestration --only-group screenshot orchestration/screenshot.py
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

PICTURE = Path(__file__).parent.parent / "docs" / "images" / "backfill.png"
SIZE = {"width": 1280, "height": 800}
PART = {"x": 240, "y": 0, "width": 1040, "height": 300}
MINUTES = 60_000
# Dagster counts anew about every half minute: a quick backfill may go from 0 to 100 at once.
ON_ITS_WAY = re.compile(r"^([1-9]\d|100)% completed")


def main() -> None:
    """Launch a backfill of one tenant as a user does, and take a picture on its way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", default="http://127.0.0.1:3000")
    parser.add_argument("--tenant", default="shop", help="one that was not read yet")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    options = parser.parse_args()
    with sync_playwright() as playwright:
        # Without its sandbox, which does not work for root.
        browser = playwright.chromium.launch(
            executable_path=options.chromium, args=["--no-sandbox"]
        )
        page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
        backfill = launch(page, options.address, options.tenant)
        take(page, f"{options.address}/runs/b/{backfill}")
        browser.close()


def launch(page: Page, address: str, tenant: str) -> str:
    """Select all shards of a tenant in the dialog of the asset, launch, and tell the backfill."""
    page.goto(f"{address}/assets/first_sync")
    page.get_by_text("Materialize").first.click()
    page.get_by_text("Select a partition or create one").click()
    page.keyboard.type(f"{tenant}|")
    others = re.compile(rf"^(?!{tenant}\|).+\|1/\d+$")
    page.get_by_text(others).first.wait_for(state="hidden")
    page.get_by_text("Select all").last.click()
    page.get_by_text("Launch runs to materialize").click()  # closes the list
    page.get_by_text("Launch backfill").click()
    return page.get_by_text("Created backfill").inner_text().split()[2]


def take(page: Page, address: str) -> None:
    """Wait on the page of the backfill until some of it is done, and save it."""
    page.goto(address)
    page.get_by_text(ON_ITS_WAY).wait_for(timeout=5 * MINUTES)
    PICTURE.parent.mkdir(exist_ok=True)
    page.screenshot(path=PICTURE, clip=PART)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
