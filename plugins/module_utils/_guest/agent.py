# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The VM agent as Azure knows it: what the VM allows, whether the agent is well, and what may be done about it.

Whether a VM was made with an agent (provisionVMAgent) is for ever; what can be set later is whether extensions are
allowed, which backup needs: https://learn.microsoft.com/azure/virtual-machines/extensions/agent-windows
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .._core.errors import Problem
from .._core.fields import Document, Field, body, fetch, mapping
from .._core.urls import redacted
from .._vm import selection, view
from .scripts import WINDOWS_PACKAGE_URL

SETTINGS = (Field("allow_extension_operations", "properties.osProfile.allowExtensionOperations", lambda value: value is not False),)
# https://learn.microsoft.com/troubleshoot/azure/virtual-machines/support-extensions-agent-version
MINIMUM = {"linux": "2.2.53.1", "windows": "2.7.41491.1010"}
NEVER, REPORTING, ALL = "never", "reporting", "all"
_VERSION = re.compile(r"\d+(\.\d+){1,3}")
_URL = re.compile(r"https://[\w.-]+(:\d+)?/[\w./?=&%+~-]*", re.ASCII)
_SHA256 = re.compile(r"[0-9A-Fa-f]{64}")
_PARTS = 4


@dataclass(frozen=True)
class Health:
    """well: None when Azure cannot know, as the VM is off. reason: what is wrong, or why it is not known."""

    well: bool | None
    status: str
    reason: str | None = None


def check_options(options: dict[str, Any]) -> list[Problem]:
    """What is wrong with the options alone."""
    problems = selection.check(options)
    for system, version in (options.get("minimum_version") or {}).items():
        if version is not None and not _VERSION.fullmatch(version):
            problems.append(Problem("minimum_version", f"'{version}' of {system} is no version: two to four numbers with dots, such as {MINIMUM['linux']}"))
    package = options.get("windows_package") or {}
    if package.get("url") and not _URL.fullmatch(package["url"]):
        problems.append(Problem("windows_package", f"url '{redacted(package['url'])}' is no plain https URL, such as {WINDOWS_PACKAGE_URL}"))
    if package.get("sha256") and not _SHA256.fullmatch(package["sha256"]):
        problems.append(Problem("windows_package", "sha256 must be the 64 hexadecimal digits of the package's checksum"))
    if options.get("ready_timeout") is not None and options["ready_timeout"] < 0:
        problems.append(Problem("ready_timeout", f"{options['ready_timeout']} is negative; 0 looks once and does not wait"))
    return problems


def minimum_version(options: dict[str, Any]) -> dict[str, str]:
    """The lowest version that counts as well, by system in lower case."""
    given = {system: version for system, version in (options.get("minimum_version") or {}).items() if version}
    return {**MINIMUM, **given}


def is_older(version: str | None, minimum: str) -> bool:
    """Whether a version is lower, part by part as numbers; '2.2.45' is '2.2.45.0'. One that is not known is not called old."""
    return bool(version and _VERSION.fullmatch(version)) and _numbers(str(version)) < _numbers(minimum)


def _numbers(version: str) -> list[int]:
    numbers = [int(each) for each in version.split(".")]
    return numbers + [0] * (_PARTS - len(numbers))


def provisioned(document: Document) -> bool | None:
    """Whether the VM was made with an agent, None for a VM made from a disk, of which Azure does not know."""
    profile = fetch(document, "properties.osProfile")
    if not isinstance(profile, dict):
        return None
    own = mapping(profile.get("windowsConfiguration") or profile.get("linuxConfiguration"))
    return own.get("provisionVMAgent") is not False


def health(document: Document, minimum: dict[str, str]) -> Health:
    """How the agent is doing, from a VM's document with its own instance view."""
    shown = view.to_view(document, whole=True)
    agent = shown["agent"]
    if agent["status"] == "unknown":
        return Health(None, "unknown", f"the VM is {shown['power_state'] or 'in an unknown power state'}, and only a running one has an agent that reports")
    if agent["status"] != "ready":
        said = f" ({agent['message']})" if agent["message"] else ""
        return Health(False, agent["status"], f"its VM agent does not report to Azure{said}")
    lowest = minimum.get(str(shown["os"]).lower(), "0.0")
    if is_older(agent["version"], lowest):
        return Health(False, "ready", f"its VM agent is version {agent['version']}, and {lowest} is the lowest that is supported")
    if "issue" in str(agent["message"]).lower():
        return Health(False, "ready", f"its VM agent reports trouble: {agent['message']}")
    return Health(True, "ready")


def to_view(document: Document, minimum: dict[str, str] | None) -> dict[str, Any]:
    """The VM in the words of the module. minimum None: the agent was not read, so nothing is said of it."""
    profile = mapping(fetch(document, "properties.osProfile"))
    found = health(document, minimum).well if minimum is not None else None
    return {"allow_extension_operations": profile.get("allowExtensionOperations") is not False, "agent_well": found}


def wanted(options: dict[str, Any], found: Health | None) -> dict[str, Any]:
    """What the options ask of one VM. found None: the agent was not read."""
    settings: dict[str, Any] = {}
    if options.get("allow_extension_operations") is not None:
        settings["allow_extension_operations"] = options["allow_extension_operations"]
    if found is not None and _to_repair(options["repair"], found):
        settings["agent_well"] = True
    return settings


def _to_repair(repair: str, found: Health) -> bool:
    return found.well is False and (repair == ALL or (repair == REPORTING and found.status == "ready"))


def check_change(document: Document, wish: dict[str, Any]) -> str | None:
    """Why the wish cannot be granted to this VM, None when it can."""
    if "allow_extension_operations" not in wish:
        return None
    if not isinstance(fetch(document, "properties.osProfile"), dict):
        return None if wish["allow_extension_operations"] else "it was made from a disk and has no OS profile, where this setting would be"
    extensions = [str(each.get("name")) for each in document.get("resources") or () if isinstance(each, dict)]
    if not wish["allow_extension_operations"] and extensions:
        return f"extension operations cannot be forbidden while it has extensions: {', '.join(sorted(extensions))}"
    return None


def to_body(settings: dict[str, Any]) -> Document:
    """The PATCH that makes these settings."""
    return body(SETTINGS, settings)
