# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""What a Linux host's files hold about a proxy and what they should hold. Texts in, texts out; nothing here touches a host."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..._core.errors import Problem
from ..._core.urls import redacted
from .. import waagent_conf
from . import text_block
from .options import Proxy, direct, same

ENVIRONMENT = "/etc/environment"
AGENT = "/etc/waagent.conf"
# Environment= can be read by every user of the host, by way of systemctl; a file of root's cannot.
# https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#Environment=
CREDENTIALS = "/etc/azure-backup-proxy.env"
# Names the change that the running agent does not know yet. It does not outlive a reboot, and needs not.
MARKER = "/run/azure-backup-proxy-client"
HEADER = '# Written by the role safeharbor.azure_backup.proxy_client; its entry point "remove" deletes this file.\n'
PROXY_KEYS = ("http_proxy", "https_proxy")
_MODES = {ENVIRONMENT: "0644", CREDENTIALS: "0600"}


def drop_in(unit: str) -> str:
    return f"/etc/systemd/system/{unit}.d/azure-backup-proxy.conf"


@dataclass
class ProxyHost:
    """What was read: files by path, None where there is no file; units as `systemctl show` prints them."""

    files: dict[str, str | None]
    units: list[dict[str, str]] = field(default_factory=list)

    @property
    def unit(self) -> dict[str, str] | None:
        """The agent's service: Debian and Ubuntu call it otherwise than the rest. An alias tells its real name."""
        return next((unit for unit in self.units if unit.get("LoadState") == "loaded"), None)

    def own(self, path: str) -> str:
        """A file without our block."""
        return text_block.without(self.files.get(path)) or ""


def parse_units(text: str) -> list[dict[str, str]]:
    """The properties that `systemctl show` prints for each of several units."""
    blocks = text.strip().split("\n\n")
    return [dict(line.partition("=")[::2] for line in block.splitlines() if "=" in line) for block in blocks]


def assignments(text: str) -> Iterator[tuple[int, str, str]]:
    """(line number, key, value) of a file like /etc/environment, as pam_env reads it."""
    for number, line in enumerate(text.splitlines(), 1):
        key, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not key.startswith("#"):
            yield number, key.strip(), value.strip().strip("'\"")


def _environment_conflicts(host: ProxyHost, proxy: Proxy) -> Iterator[Problem]:
    for number, key, value in assignments(host.own(ENVIRONMENT)):
        if key.lower() in PROXY_KEYS and value and not same(value, proxy):
            yield Problem(f"{ENVIRONMENT} line {number}", f"sets {key} to {redacted(value)} already")


def _agent_conflicts(host: ProxyHost, proxy: Proxy) -> Iterator[Problem]:
    settings = waagent_conf.settings(host.own(AGENT))
    for key, wanted in (("HttpProxy.Host", proxy.host), ("HttpProxy.Port", str(proxy.port))):
        found = settings.get(key)
        if found and found.value.lower() != wanted.lower():
            yield Problem(f"{AGENT} line {found.line}", f"sets {key} to {redacted(found.value)} already")


def _unit_conflicts(host: ProxyHost, proxy: Proxy) -> Iterator[Problem]:
    unit = host.unit or {}
    ours = host.files.get(drop_in(unit.get("Id", ""))) or ""
    for assignment in shlex.split(unit.get("Environment", "")):
        key, _equals, value = assignment.partition("=")
        if key.lower() in PROXY_KEYS and not same(value, proxy) and f'"{assignment}"' not in ours:
            yield Problem(unit["Id"], f"gets {key}={redacted(value)} from a file of yours; `systemctl cat {unit['Id']}` shows which")


def _foreign_files(host: ProxyHost) -> Iterator[Problem]:
    for path, text in host.files.items():
        if path not in (ENVIRONMENT, AGENT, MARKER) and text is not None and not text.startswith(HEADER):
            yield Problem(path, "was not written by this role: rename or delete it")


def check(host: ProxyHost, proxy: Proxy | None, environment: bool, agent: bool) -> list[Problem]:
    """What on the host stands against writing; proxy is None when the settings are to be removed."""
    problems = list(_foreign_files(host))
    for path in (ENVIRONMENT, AGENT):
        try:
            host.own(path)
        except text_block.DamagedBlockError as damage:
            problems.append(Problem(path, str(damage)))
    if problems or proxy is None:
        return problems
    if environment and not proxy.user:
        problems += _environment_conflicts(host, proxy)
    if agent and (host.files.get(AGENT) is None or host.unit is None):
        what = "the agent's service is" if host.files.get(AGENT) is not None else f"{AGENT} is"
        problems.append(Problem("proxy_client_agent", f"{what} not there: install the VM agent first, or set this to false"))
    elif agent:
        problems += [*_agent_conflicts(host, proxy), *_unit_conflicts(host, proxy)]
    return problems


def _environment_lines(host: ProxyHost, proxy: Proxy) -> list[str]:
    own = next((value for _number, key, value in reversed(list(assignments(host.own(ENVIRONMENT)))) if key == "no_proxy"), "")
    exceptions = direct(proxy, [each.strip() for each in own.split(",") if each.strip()])
    return [*(f"{key}={proxy.url}" for key in PROXY_KEYS), f"no_proxy={','.join(exceptions)}"]


def _drop_in_text(proxy: Proxy) -> str:
    lines = ["[Service]", f'Environment="no_proxy={",".join(direct(proxy))}"']
    if proxy.user:
        lines.append(f"EnvironmentFile={CREDENTIALS}")
    else:
        lines += [f'Environment="{key}={proxy.url}"' for key in PROXY_KEYS]
    return HEADER + "".join(f"{line}\n" for line in lines)


def wanted(host: ProxyHost, proxy: Proxy | None, environment: bool, agent: bool) -> dict[str, str | None]:
    """Every file of ours as it should be; None for one that should not be there."""
    files: dict[str, str | None] = {path: None for path in host.files if path not in (ENVIRONMENT, AGENT, MARKER)}
    files |= {path: text_block.without(host.files.get(path)) for path in (ENVIRONMENT, AGENT)}
    if proxy and environment and not proxy.user:
        files[ENVIRONMENT] = text_block.within(host.files.get(ENVIRONMENT), _environment_lines(host, proxy))
    if proxy and agent and host.unit:
        files[drop_in(host.unit["Id"])] = _drop_in_text(proxy)
        if proxy.user:
            files[CREDENTIALS] = HEADER + "".join(f"{key}={proxy.url_with_credentials}\n" for key in PROXY_KEYS)
        else:
            # The agent sends no credentials, so these keys would only earn it a 407.
            files[AGENT] = text_block.within(host.files.get(AGENT), [f"HttpProxy.Host={proxy.host}", f"HttpProxy.Port={proxy.port}"])
    return files


def writes(host: ProxyHost, files: dict[str, str | None]) -> list[dict[str, Any]]:
    """What differs from what was read: {path, state, content, mode, secret}; mode is None for a file that keeps its own."""
    return [
        {
            "path": path,
            "state": "absent" if text is None else "present",
            "content": text or "",
            "mode": None if host.files.get(path) is not None and path in (ENVIRONMENT, AGENT) else _MODES.get(path, "0644"),
            "secret": path == CREDENTIALS,
        }
        for path, text in files.items()
        if host.files.get(path) != text
    ]


def restarts(host: ProxyHost, changes: list[dict[str, Any]]) -> bool:
    """Whether the running agent knows less than its files say."""
    return host.files.get(MARKER) is not None or any(change["path"] != ENVIRONMENT for change in changes)
