# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of readiness_info as something to read, or for a program to read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.safeharbor.azure_backup.plugins.plugin_utils._report import files, page, parts

DOCUMENTATION = r"""
name: readiness_report
short_description: Turn the result of readiness_info into a report
version_added: 1.0.0
author:
  - Safe Harbor contributors (@safeharbor)
description:
  - Makes an HTML page, JSON, CSV, JUnit XML, Markdown, or a few lines of text of what M(safeharbor.azure_backup.readiness_info) found.
  - The HTML page holds all it needs. It makes no request, and no text in it can run as a script.
positional: _input
options:
  _input:
    description: The result of M(safeharbor.azure_backup.readiness_info).
    type: dict
    required: true
  form:
    description: What to make of it; V(failing) are the names of what does not pass at the severity O(fail_on).
    type: str
    choices: [html, json, csv, junit, markdown, summary, failing]
    required: true
  title:
    description: The title of the report.
    type: str
    default: Azure Backup readiness
  time:
    description: When the facts were read, as the report shows it. The key C(time) of the result if not set.
    type: str
  fail_on:
    description: From which severity on a finding fails the test case of its VM, and is counted as failed in the summary.
    type: str
    choices: [error, warning, info, never]
    default: error
"""

EXAMPLES = r"""
- name: Look at all VMs
  safeharbor.azure_backup.readiness_info:
  register: readiness

- name: Write a page that a browser opens
  ansible.builtin.copy:
    content: "{{ readiness | safeharbor.azure_backup.readiness_report('html', title='Backups of the shop') }}"
    dest: readiness.html
    mode: "0600"
"""

RETURN = r"""
_value:
  description: The report; for V(summary) a list of lines, for V(failing) the names of what does not pass.
  type: raw
"""

FORMS: dict[str, Callable[[dict[str, Any], dict[str, Any]], Any]] = {
    "html": page.as_html,
    "json": files.as_json,
    "csv": files.as_csv,
    "junit": files.as_junit,
    "markdown": files.as_markdown,
    "failing": lambda result, about: parts.failing(result, about["fail_on"]),
    "summary": lambda result, about: parts.lines(result, about["fail_on"]),
}
FAIL_ON = (*parts.SEVERITIES, "never")


def readiness_report(result: Any, form: str, title: str = "Azure Backup readiness", time: str | None = None, fail_on: str = "error") -> Any:
    """The report in that form. Raises AnsibleFilterError for anything that is not a result, form or severity."""
    if not isinstance(result, dict) or "vms" not in result:
        raise AnsibleFilterError("readiness_report takes the result of readiness_info")
    if form not in FORMS:
        raise AnsibleFilterError(f"readiness_report knows no form '{form}'; it has {', '.join(FORMS)}")
    if fail_on not in FAIL_ON:
        raise AnsibleFilterError(f"readiness_report knows no severity '{fail_on}'; fail_on is one of {', '.join(FAIL_ON)}")
    report = FORMS[form](result, {"title": str(title), "time": str(result.get("time") or "") if time is None else str(time), "fail_on": fail_on})
    # Half a character, which JSON can hold and no file, must not lose the report.
    return report.encode("utf-8", "replace").decode() if isinstance(report, str) else report


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"readiness_report": readiness_report}
