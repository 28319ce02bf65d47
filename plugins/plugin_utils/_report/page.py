# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The readiness report as one HTML page that needs no network.

The summary, the charts and the vaults are written by the template. The VMs are data, which the page's own script shows
some hundred at a time, so that ten thousand open at once. Every text of Azure's or a user's goes through the
template's escaping or the script's textContent, and the page's policy lets no other script run.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader

from .parts import VERDICTS, Result, failing, failing_rules, one_line, readable, shown, subjects, title_of, titles

FILES = Path(__file__).resolve().parents[3] / "roles" / "readiness" / "files" / "report"
VERDICT_TITLES = {"blocked": "Blocked", "warning": "Warning", "unknown": "Unknown", "ready": "Ready"}
CHART_WIDTH = 600


def as_html(result: Result, about: dict[str, Any]) -> str:
    """The page. about: title, time (a text), fail_on."""
    environment = Environment(loader=FileSystemLoader(FILES), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    style, script = ((FILES / name).read_text(encoding="utf-8") for name in ("report.css", "report.js"))
    summary = result.get("summary") or {}
    named = titles(result)
    return environment.get_template("report.html.j2").render(
        about={**about, "time": readable(about["time"])},
        style=style,
        script=script,
        policy=f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'",
        data=_data(result),
        total=summary.get("vms", 0),
        verdicts=_shares(summary.get("verdicts") or {}),
        coverage=_bars({name.replace("_", " "): count for name, count in (summary.get("coverage") or {}).items()}),
        coverage_names={name.replace("_", " "): name for name in summary.get("coverage") or {}},
        rules=[(*row, named.get(row[0], "")) for row in failing_rules(result)],
        others=[(scope, title_of(each), each, _safe_sources(shown(each))) for scope, each in subjects(result) if scope != "vm"],
        limits=result.get("limits") or [],
        stopping=len(failing(result, about["fail_on"])),
    )


def _hash(text: str) -> str:
    """The name by which a content security policy allows just this text (https://www.w3.org/TR/CSP3/#match-element-to-source-list)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _shares(counts: dict[str, int]) -> list[dict[str, Any]]:
    """The parts of one bar: verdict, count, percent, and where it begins and how wide it is."""
    total = sum(counts.values())
    parts, begin = [], 0.0
    for verdict in VERDICTS:
        count = counts.get(verdict, 0)
        width = CHART_WIDTH * count / total if total else 0.0
        percent = 100 * count / total if total else 0.0
        parts.append({"name": verdict, "title": VERDICT_TITLES[verdict], "count": count, "percent": percent, "x": round(begin, 2), "width": round(width, 2)})
        begin += width
    return parts


def _bars(counts: dict[str, int]) -> list[dict[str, Any]]:
    """Bars beside each other's names: name, count and width, the longest first."""
    most = max(counts.values(), default=0)
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return [{"name": name, "count": count, "width": round(100 * count / most, 2) if most else 0} for name, count in ordered if count]


def _safe_sources(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    texts = ("id", "evidence", "fix")
    return [{**each, **{name: one_line(each.get(name)) for name in texts}, "source": _link(each.get("source"))} for each in findings]


def _link(source: Any) -> str:
    """An address that a page may link to; a user's own rule can name anything."""
    try:
        return str(source) if urlsplit(str(source or "")).scheme in ("http", "https") else ""
    except ValueError:
        return ""


def _data(result: Result) -> str:
    """What the script shows, as JSON that no text in it can end early. Texts that repeat stand in it once, as t; others name their place."""
    places: dict[str, int] = {}

    def place(value: Any) -> int:
        return places.setdefault(one_line(value), len(places))

    vms = [
        [
            *(place(vm.get(name)) for name in ("name", "resource_group", "subscription_id", "location", "os", "verdict", "coverage", "vault", "policy")),
            place(vm.get("last_backup_time")),
            place(", ".join(f"{name}={value}" for name, value in sorted((vm.get("tags") or {}).items()))),
            [[place(each.get(part)) for part in ("id", "severity", "status", "evidence", "fix")] + [place(_link(each.get("source")))] for each in shown(vm)],
        ]
        for vm in result.get("vms") or ()
    ]
    text = json.dumps({"t": list(places), "vms": vms}, separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
