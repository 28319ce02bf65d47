# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role readiness against the simulator, and its page in a real browser."""

from __future__ import annotations

import json
import os
import shutil
import stat
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.filter.readiness_report import readiness_report
from harness import Azure
from test_roles import Playbooks, role

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / ".cache/reports/screenshots"
ESTATE = """
resource_groups: [{name: app, location: westeurope}]
vms:
  - {name: web, count: 2, resource_group: app, tags: {env: prod, owner: shop}}
  - {name: silent, resource_group: app, agent: {status: NotReady}, tags: {env: prod}}
vaults:
  - name: vault-we
    resource_group: app
    items: [{vm: app/web-0001, policy: DefaultPolicy, state: Protected, last_backup_hours_ago: 3}]
"""
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def test_the_role_writes_reports_and_fails_in_the_end(azure: Azure, tmp_path: Path) -> None:
    azure.estate(ESTATE)
    playbooks = Playbooks(azure, tmp_path)
    (tmp_path / "rules.yml").write_text(
        "- {id: TAG-OWNER, title: The VM has an owner, path: vm.tags.owner, operator: exists, severity: error, fix: Tag it.}\n"
    )
    options = {
        "readiness_directory": str(tmp_path / "reports"),
        "readiness_rules": ["AGENT-*", "TAG-*"],
        "readiness_rule_files": [str(tmp_path / "rules.yml")],
    }
    assert playbooks.tasks([role("readiness", options)]) == 2
    assert "3 VMs: 2 ready, 1 blocked" in playbooks.output and "silent" in playbooks.output and "changed=0" in playbooks.output
    written = {path.suffix: path.read_text() for path in (tmp_path / "reports").iterdir()}
    assert sorted(written) == [".csv", ".html", ".json", ".md", ".xml"]
    assert stat.S_IMODE((tmp_path / "reports/readiness.html").stat().st_mode) == 0o600
    result = json.loads(written[".json"])
    assert {each["name"]: each["verdict"] for each in result["vms"]} == {"web-0001": "ready", "web-0002": "ready", "silent": "blocked"}
    assert ET.fromstring(written[".xml"].partition("\n")[2]).get("failures") == "1"
    assert "TAG-OWNER" in written[".md"] and "silent" in written[".csv"] and "TAG-OWNER" in written[".html"]
    assert azure.writes() == []


def test_a_threshold_that_nothing_reaches(azure: Azure, tmp_path: Path) -> None:
    azure.estate(ESTATE)
    playbooks = Playbooks(azure, tmp_path)
    assert playbooks.tasks([role("readiness", {"readiness_fail_on": "never", "readiness_tags": {"owner": "shop"}})]) == 0, playbooks.output
    assert "2 VMs:" in playbooks.output and not list(tmp_path.glob("**/readiness.html"))
    assert playbooks.tasks([role("readiness", {"readiness_fail_on": "panic"})]) == 2 and "panic" in playbooks.output


def fleet(count: int) -> dict[str, Any]:
    """So many VMs, every tenth blocked, one with a name that tries to be a script."""
    named = {"id": "A-1", "severity": "error", "status": "fail", "evidence": "The agent is silent.", "fix": "Restart it.", "source": "https://example.com/a"}
    vms = []
    for number in range(count):
        bad = number % 10 == 0
        name = "<img src=x onerror=alert(1)>" if number == 5 else f"web-{number:05d}"
        about = {"resource_group": f"app-{number % 20}", "subscription_id": "s", "location": "westeurope", "os": "Linux", "tags": {"n": str(number)}}
        state = {"verdict": "blocked" if bad else "ready", "coverage": "stale" if bad else "protected", "vault": "v", "policy": "nightly"}
        vms.append({"id": name, "name": name, **about, **state, "last_backup_time": "2026-11-24T22:03:11Z", "findings": [named] if bad else []})
    bad = (count + 9) // 10
    summary = {"vms": count, "verdicts": {"ready": count - bad, "blocked": bad}, "coverage": {"stale": bad, "protected": count - bad}}
    rules = [{"id": "A-1", "severity": "error", "title": "The agent reports"}]
    return {"vms": vms, "vaults": [], "subscriptions": [], "rules": rules, "summary": {**summary, "rules": {"A-1": {"fail": bad, "unknown": 0}}}, "limits": []}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium here; on Debian apt-get install chromium brings it")
    from playwright.sync_api import sync_playwright

    # A home of the tests' own may have no place for what a browser keeps.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=FLAGS, env=environment)
        yield started
        started.close()


@pytest.fixture
def page(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """The page of 10,000 VMs. Fails when it logs an error, opens a dialog or asks the network for anything."""
    path = tmp_path / "readiness.html"
    path.write_text(readiness_report(fleet(10_000), "html", title="Shop", time="2026-11-25T13:00:00Z"))
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("console", lambda message: wrong.append(message.text))
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("dialog", lambda dialog: wrong.append("dialog"))
    opened.on("request", lambda request: wrong.append(request.url) if not request.url.startswith("file:") else None)
    opened.goto(path.as_uri())
    yield opened
    context.close()
    assert wrong == []


def picture(page: Any, name: str, **options: Any) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SCREENSHOTS / f"{name}.png"), **options)


def counted(page: Any, text: str) -> None:
    page.locator("#count", has_text=text).wait_for(timeout=10_000)


def test_filters(page: Any) -> None:
    counted(page, "10,000 of 10,000 VMs, the first 200 are shown")
    picture(page, "summary")
    page.get_by_role("button", name="Blocked").click()
    counted(page, "1,000 of 10,000 VMs")
    page.get_by_label("Search").fill("app-10 silent web-0999")
    counted(page, "1 of 10,000 VMs")
    picture(page, "filtered")
    page.get_by_role("button", name="Clear").click()
    counted(page, "10,000 of 10,000")
    page.get_by_role("button", name="A-1").click()
    counted(page, "1,000 of 10,000")
    page.get_by_role("button", name="Show more").click()
    counted(page, "the first 400 are shown")
    page.get_by_label("Backups").select_option("protected")
    counted(page, "0 of 10,000")


def test_unfolding_by_keyboard(page: Any) -> None:
    page.get_by_label("Search").focus()
    page.keyboard.type("web-00010")
    counted(page, "1 of 10,000 VMs")
    row = page.get_by_role("button", name="web-00010")
    for _each in range(30):
        page.keyboard.press("Tab")
        if row.evaluate("element => element === document.activeElement"):
            break
    page.keyboard.press("Enter")
    assert row.get_attribute("aria-expanded") == "true"
    assert page.get_by_text("The agent is silent.").is_visible() and page.get_by_text("Restart it.").is_visible()
    assert page.get_by_role("link", name="Why").get_attribute("href") == "https://example.com/a"
    picture(page, "unfolded")
    page.keyboard.press("Enter")
    assert row.get_attribute("aria-expanded") == "false" and not page.get_by_text("Restart it.").is_visible()


def test_a_hostile_name_is_shown_and_not_run(page: Any) -> None:
    page.get_by_label("Search").fill("onerror")
    counted(page, "1 of 10,000 VMs")
    assert page.get_by_role("button", name="<img src=x onerror=alert(1)>").is_visible() and page.locator("img").count() == 0


def test_sorting(page: Any) -> None:
    head = page.get_by_role("button", name="Name", exact=True)
    head.click()
    head.click()
    assert page.locator("#rows th").first.text_content() == "web-09999"
    assert page.locator("th[aria-sort=descending]").text_content() == "Name"


def test_printing_shows_the_findings(page: Any, tmp_path: Path) -> None:
    page.get_by_label("Verdict").select_option("blocked")
    counted(page, "1,000 of 10,000")
    pdf = page.pdf(path=str(tmp_path / "report.pdf"))
    assert len(pdf) > 50_000
    assert page.get_by_text("Restart it.").count() == 1000
    page.emulate_media(media="print")
    assert not page.locator("#filters").is_visible()


def test_contrast_of_both_colour_schemes(page: Any) -> None:
    """Text and its ground differ by 4.5 to 1 at least (https://www.w3.org/TR/WCAG22/#contrast-minimum)."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        picture(page, scheme)
        for selector in ("body", "h1", "header p", ".tile small", ".badge", ".link", "thead button", "#filters label"):
            assert contrast(page, selector) >= 4.5, (scheme, selector)


CONTRAST = """element => {
  const style = getComputedStyle(element);
  let ground = element, colour = style.backgroundColor;
  while (colour === "rgba(0, 0, 0, 0)" && (ground = ground.parentElement)) colour = getComputedStyle(ground).backgroundColor;
  return [style.color, colour];
}"""


def contrast(page: Any, selector: str) -> float:
    def light(colour: str) -> float:
        values = [int(each) / 255 for each in colour.partition("(")[2].rstrip(")").split(",")[:3]]
        linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in values]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    one, other = sorted(map(light, page.locator(selector).first.evaluate(CONTRAST)))
    return (other + 0.05) / (one + 0.05)
