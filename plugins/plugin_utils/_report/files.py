# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The readiness report for programs and for text: JSON, CSV, JUnit XML and Markdown."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from typing import Any

from .parts import Result, counting, failing_rules, lines, one_line, readable, shown, subjects, title_of, titles

COLUMNS = (
    "subscription_id", "resource_group", "name", "location", "os", "verdict", "coverage", "vault", "policy", "last_backup_time",
)  # fmt: skip
# VMs that a Markdown report lists; a reader of more wants the HTML or the CSV.
MARKDOWN_VMS = 200
# What a spreadsheet takes for a formula, at the beginning of a cell. It may take either separator for the end of one, whatever quotes say
# (https://owasp.org/www-community/attacks/CSV_Injection).
_FORMULA = re.compile("""(^|[,;])([\\s"']*)(?=[=+\\-@\uff1d\uff0b\uff0d\uff20])""")


def as_json(result: Result, _about: dict[str, Any]) -> str:
    """The module's result as it is."""
    return json.dumps(result, indent=1, sort_keys=True) + "\n"


def as_csv(result: Result, _about: dict[str, Any]) -> str:
    """A row for each VM, every cell in quotes and on one line. Texts that a spreadsheet would run are defused by an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow([*COLUMNS, "errors", "warnings", "findings", "what_to_do"])
    for vm in result.get("vms") or ():
        findings = shown(vm)
        counts = [sum(each.get("severity") == severity for each in findings) for severity in ("error", "warning")]
        told = "; ".join(f"{each['id']}: {each.get('evidence') or ''}" for each in findings)
        todo = "; ".join(dict.fromkeys(str(each["fix"]) for each in findings if each.get("fix")))
        writer.writerow([_cell(vm.get(name)) for name in COLUMNS] + [*counts, _cell(told), _cell(todo)])
    return out.getvalue()


def _cell(value: Any) -> str:
    return _FORMULA.sub(r"\1\2'", one_line(value))


def as_junit(result: Result, about: dict[str, Any]) -> str:
    """A test case for each VM, vault and subscription. Findings of the severity fail_on and worse fail it, the rest is its output.

    All texts are printable, which no character is that XML 1.0 has no place for (https://www.w3.org/TR/xml/#charsets).
    """
    root = ET.Element("testsuites", name=one_line(about["title"]))
    suites: dict[str, ET.Element] = {}
    for scope, subject in subjects(result):
        suite = suites.get(scope)
        if suite is None:
            suite = suites[scope] = ET.SubElement(root, "testsuite", name=scope, timestamp=one_line(about["time"]))
        case = ET.SubElement(suite, "testcase", name=title_of(subject), classname=one_line(f"{scope}.{subject.get('resource_group') or subject.get('id')}"))
        stopping = counting(subject, about["fail_on"])
        failed = [each for each in stopping if each["status"] == "fail"]
        unknown = [each for each in stopping if each["status"] == "unknown"]
        for tag, found in (("failure", failed), ("error", unknown)):
            if found:
                ET.SubElement(case, tag, message=one_line(", ".join(each["id"] for each in found)), type=tag).text = _told(found)
        rest = [each for each in shown(subject) if each not in stopping]
        if rest:
            ET.SubElement(case, "system-out").text = _told(rest)
    for suite in (root, *suites.values()):
        for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
            suite.set(name, str(len(suite.findall(f".//{tag}"))))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _told(findings: list[dict[str, Any]]) -> str:
    """A line for each."""
    texts = (f"{each['severity']} {each['id']} ({each['status']}): {each.get('evidence') or ''} {each.get('fix') or ''}" for each in findings)
    return "\n".join(map(one_line, texts))


def as_markdown(result: Result, about: dict[str, Any]) -> str:
    """The summary, the rules that failed, and the first VMs that are not ready."""
    named = titles(result)
    said = [f"# {_text(about['title'])}", "", _text(readable(about["time"])), "", *(f"- {_text(line)}" for line in lines(result, about["fail_on"]))]
    rules = failing_rules(result)
    if rules:
        said += ["", "## Rules", "", "| Severity | Rule | Failed | Unknown | What should be so |", "| --- | --- | ---: | ---: | --- |"]
        said += [f"| {_text(severity)} | {_text(rule)} | {failed} | {unknown} | {_text(named.get(rule, ''))} |" for rule, severity, failed, unknown in rules]
    others = [(scope, each) for scope, each in subjects(result) if scope != "vm" and shown(each)]
    if others:
        said += ["", "## Vaults and subscriptions", "", *_table(others)]
    vms = [("vm", each) for each in result.get("vms") or () if each.get("verdict") != "ready"]
    if vms:
        said += ["", "## VMs that are not ready", "", *_table(vms[:MARKDOWN_VMS])]
    if len(vms) > MARKDOWN_VMS:
        said += ["", f"and {len(vms) - MARKDOWN_VMS} more"]
    return "\n".join(said) + "\n"


def _table(rows: list[tuple[str, dict[str, Any]]]) -> list[str]:
    table = ["| Name | Resource group | Verdict | Backups | Found | What to do |", "| --- | --- | --- | --- | --- | --- |"]
    for _scope, each in rows:
        findings = shown(each)
        found = "<br>".join(_text(f"{finding['id']}: {finding.get('evidence') or ''}") for finding in findings)
        todo = "<br>".join(dict.fromkeys(_text(finding["fix"]) for finding in findings if finding.get("fix")))
        cells = [_text(title_of(each)), _text(each.get("resource_group")), _text(each.get("verdict")), _text(each.get("coverage")), found, todo]
        table.append("| " + " | ".join(cells) + " |")
    return table


def _text(value: Any) -> str:
    """Plain text, whatever it holds: no markup of Markdown or HTML, on one line."""
    text = one_line(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]()#!|~$^])", r"\\\1", text)
