# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The readiness report in all its forms, with texts that try to get out of them."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.safeharbor.azure_backup.plugins.filter.readiness_report import FORMS, readiness_report
from hypothesis import given, settings
from hypothesis import strategies as st

HOSTILE = "=cmd|' /C calc'!A0 <script>alert(1)</script></script> \x00\ud800 [x](javascript:alert(1)) | `a` \u2028 &lt;"


def finding(rule: str, severity: str, status: str = "fail", **more: Any) -> dict[str, Any]:
    return {"id": rule, "severity": severity, "status": status, "evidence": f"{rule} seen", "fix": f"mend {rule}", "source": "https://example.com/x", **more}


def vm(name: str, verdict: str, *findings: dict[str, Any], **more: Any) -> dict[str, Any]:
    about = {"resource_group": "app", "subscription_id": "s1", "location": "westeurope", "os": "Linux", "tags": {"env": "prod"}, "coverage": "protected"}
    return {**about, "id": f"/x/{name}", "name": name, "verdict": verdict, "vault": "v", "policy": "p", "last_backup_time": None, "findings": findings, **more}


def result(*vms: dict[str, Any]) -> dict[str, Any]:
    counts: dict[str, dict[str, int]] = {}
    for each in vms:
        for one in each["findings"]:
            counts.setdefault(one["id"], {"fail": 0, "unknown": 0})[one["status"]] += 1
    verdicts = {verdict: sum(each["verdict"] == verdict for each in vms) for verdict in ("ready", "warning", "blocked", "unknown")}
    return {
        "vms": [{**each, "findings": list(each["findings"])} for each in vms],
        "vaults": [{"id": "/v", "name": "vault-we", "resource_group": "backup", "verdict": "warning", "findings": [finding("VAULT-X", "warning")]}],
        "subscriptions": [{"id": "s1", "verdict": "ready", "findings": []}],
        "rules": [{"id": rule, "severity": "error", "title": f"{rule} is so"} for rule in counts],
        "summary": {"vms": len(vms), "verdicts": verdicts, "coverage": {"protected": len(vms), "stale": 0}, "rules": counts},
        "limits": [],
    }


SAMPLE = result(
    vm("web-1", "ready"),
    vm("web-2", "blocked", finding("B", "warning"), finding("A", "error")),
    vm("web-3", "unknown", finding("A", "error", "unknown")),
)


def test_the_summary_is_read_in_ten_seconds() -> None:
    lines = readiness_report(SAMPLE, "summary")
    assert lines[0] == "3 VMs: 1 ready, 1 blocked, 1 unknown."
    assert lines[1] == "Backups: 3 protected."
    assert "error: A, 1 failed, 1 unknown (A is so)" in lines and lines[-1] == "2 do not pass at the severity error."
    assert len(lines) < 12


@pytest.mark.parametrize(("fail_on", "names"), [("error", ["web-2", "web-3"]), ("warning", ["web-2", "web-3", "vault-we"]), ("never", [])])
def test_what_does_not_pass(fail_on: str, names: list[str]) -> None:
    assert readiness_report(SAMPLE, "failing", fail_on=fail_on) == names


def test_json_is_the_result() -> None:
    assert json.loads(readiness_report(SAMPLE, "json")) == SAMPLE


def test_csv_has_a_row_for_each_vm() -> None:
    rows = list(csv.DictReader(io.StringIO(readiness_report(SAMPLE, "csv"))))
    assert [(row["name"], row["errors"], row["warnings"]) for row in rows] == [("web-1", "0", "0"), ("web-2", "1", "1"), ("web-3", "1", "0")]
    assert rows[1]["findings"] == "A: A seen; B: B seen" and rows[1]["what_to_do"] == "mend A; mend B"


def test_junit_fails_a_case_by_severity() -> None:
    root = ET.fromstring(readiness_report(SAMPLE, "junit", time="2026-11-25T13:00:00Z").partition("\n")[2])
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("5", "1", "1")
    failure = cases["web-2"].find("failure")
    assert failure is not None and failure.get("message") == "A" and "mend A" in str(failure.text)
    assert cases["web-3"].find("error") is not None and cases["web-1"].find("failure") is None
    assert "B seen" in str(cases["web-2"].findtext("system-out")) and "VAULT-X" in str(cases["vault-we"].findtext("system-out"))
    lenient = ET.fromstring(readiness_report(SAMPLE, "junit", fail_on="never").partition("\n")[2])
    assert (lenient.get("failures"), lenient.get("errors")) == ("0", "0")


def test_markdown_lists_what_is_not_ready() -> None:
    text = readiness_report(SAMPLE, "markdown", title="Shop", time="2026-11-25T13:00:00Z")
    assert text.startswith("# Shop\n\n2026-11-25 13:00:00 UTC\n") and "| web-2 | app | blocked |" in text and "| web-1 |" not in text


def test_hostile_texts_stay_texts() -> None:
    findings = [finding("A", "error", evidence=HOSTILE, fix=HOSTILE, source="javascript:alert(1)")]
    hostile = result(vm(HOSTILE, "blocked", *findings, tags={HOSTILE: HOSTILE}, resource_group=HOSTILE, vault=HOSTILE, policy=HOSTILE))
    hostile["vaults"][0] |= {"name": HOSTILE, "findings": findings, "location": HOSTILE}
    hostile["limits"] = [{"reason": HOSTILE, "code": HOSTILE, "subscription_id": HOSTILE}]
    page = readiness_report(hostile, "html", title=HOSTILE)
    assert page.encode()
    assert page.count("<script") == 2 and page.count("</script>") == 2 and "javascript:alert" not in page.replace("[x](javascript:alert(1))", "")
    assert "<script>alert" not in page and page.index("default-src") < page.index("<style")
    assert "<" not in page.partition('id="data">')[2].partition("</script>")[0]
    row = next(csv.DictReader(io.StringIO(readiness_report(hostile, "csv"))))
    assert all(not value.startswith(("=", "+", "-", "@")) for value in row.values())
    assert ET.fromstring(readiness_report(hostile, "junit").partition("\n")[2]) is not None
    markdown = readiness_report(hostile, "markdown")
    assert "<script>" not in markdown and "](javascript" not in markdown


# Every character by which some reader begins a new line, moves the cursor or turns the direction of writing.
CONTROLS = [*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), *"\u2028\u2029\u200e\u202a\u202e\u2066\u2069\ufeff\ud800\uffff"]
SIGNS = ["=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"]


def told_by_a_guest(text: str) -> dict[str, Any]:
    """A result whose VM and vault have this text wherever a guest, a user or Azure can have put it."""
    findings = [finding("A", "error", evidence=text, fix=text), finding("B", "info", evidence=text, fix=text)]
    named = result(vm(text, "blocked", *findings, tags={"a": text}, resource_group=text, vault=text, policy=text, location=text, os=text))
    named["vaults"][0] |= {"name": text, "findings": findings}
    named["limits"] = [{"reason": text}]
    return named


@pytest.mark.parametrize("control", CONTROLS, ids=ascii)
def test_no_text_begins_a_line(control: str) -> None:
    hostile, plain = told_by_a_guest(f"boom{control}=cmd()"), told_by_a_guest("boom =cmd()")
    for form in ("csv", "junit", "markdown"):
        text = readiness_report(hostile, form)
        assert text == readiness_report(plain, form)
        assert all(each == "\n" or each.isprintable() for each in text)
    for form in ("summary", "failing"):
        assert readiness_report(hostile, form) == readiness_report(plain, form)
    assert control == "\n" or control not in readiness_report(hostile, "html").partition('id="data">')[2]


def cells(text: str, delimiter: str) -> list[str]:
    return [cell for row in csv.reader(io.StringIO(text), delimiter=delimiter) for cell in row]


@pytest.mark.parametrize("before", ["", " ", "\t", "\r", "x;", "x; ", 'x;"', "x,", "x,\t", '";', "\n", "\u2028", "'x';"])
@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_no_cell_is_a_formula(before: str, sign: str, delimiter: str) -> None:
    """Also where a spreadsheet takes the semicolon for the separator."""
    text = readiness_report(told_by_a_guest(f"{before}{sign}cmd|' /C calc'!A0"), "csv")
    assert all(not cell.lstrip(" \"").startswith(tuple(SIGNS)) for cell in cells(text, delimiter))


def test_every_cell_is_in_quotes() -> None:
    for line in readiness_report(told_by_a_guest('say "hi", all'), "csv").splitlines():
        assert line.startswith('"') and line.endswith('"') and len(next(csv.reader([line]))) == 14


@pytest.mark.parametrize("text", ["a | b", "a \\| b", "`|`", "<td>", "$x$ ^y^", "[a](b)", "a\n| - | - |"])
def test_a_markdown_table_keeps_its_columns(text: str) -> None:
    lines = readiness_report(told_by_a_guest(text), "markdown", title=text, time=text).splitlines()
    rows = [line for line in lines if line.startswith("|") and "---" not in line]
    assert {re.sub(r"\\.", "", line).count("|") for line in rows} == {6, 7}
    assert not re.search(r"[`$^\[]|<(?!br>)", re.sub(r"\\.", "", "\n".join(rows)))


@pytest.mark.parametrize(
    ("value", "form", "fail_on", "wrong"),
    [([], "html", "error", "result of readiness_info"), ({"vms": []}, "pdf", "error", "'pdf'"), ({"vms": []}, "html", "panic", "'panic'")],
)
def test_bad_input_is_named(value: Any, form: str, fail_on: str, wrong: str) -> None:
    with pytest.raises(AnsibleFilterError, match=wrong):
        readiness_report(value, form, fail_on=fail_on)


ODD = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda each: st.lists(each, max_size=2), max_leaves=3)


FINDING = {"id": st.text(max_size=5), "severity": st.sampled_from(["error", "info", "odd"]), "status": st.sampled_from(["fail", "unknown"])}


@settings(deadline=None)
@given(name=ODD, findings=st.lists(st.fixed_dictionaries(FINDING), max_size=3))
def test_no_form_raises_for_odd_results(name: Any, findings: list[dict[str, Any]]) -> None:
    odd = {"vms": [{"name": name, "findings": findings}], "vaults": [{"name": name, "findings": findings}], "summary": None, "rules": None}
    for form in FORMS:
        assert readiness_report(odd, form, fail_on="info") is not None
