# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""What the registry of a Windows host says about the proxy of Local System, and how to put it back. Nothing here touches a host.

WinINET keeps a user's proxy in five values of Internet Settings and, packed, in two of its subkey Connections; WinHTTP keeps
that of the machine, packed, in one value. The packed forms are only read here, and written by Windows itself.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Any

from ..._core.errors import Problem
from ..._core.urls import redacted
from .options import ALWAYS_DIRECT, Proxy, same

_SETTINGS = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings"
SYSTEM = rf"HKU:\S-1-5-18\{_SETTINGS}"
SYSTEM_CONNECTIONS = rf"{SYSTEM}\Connections"
MACHINE_CONNECTIONS = rf"HKLM:\{_SETTINGS}\Connections"
POLICY = r"HKLM:\Software\Policies\Microsoft\Windows\CurrentVersion\Internet Settings"
STATE = r"HKLM:\Software\SafeHarbor.AzureBackup.ProxyClient"
# All that changes when a proxy is set.
VALUES = {
    SYSTEM: ("ProxyEnable", "ProxyServer", "ProxyOverride", "AutoConfigURL", "AutoDetect"),
    SYSTEM_CONNECTIONS: ("DefaultConnectionSettings", "SavedLegacySettings"),
    MACHINE_CONNECTIONS: ("WinHttpSettings",),
}
_TYPES = {
    "REG_SZ": "string",
    "REG_EXPAND_SZ": "expandstring",
    "REG_MULTI_SZ": "multistring",
    "REG_DWORD": "dword",
    "REG_QWORD": "qword",
    "REG_BINARY": "binary",
    "REG_NONE": "none",
}
RegistryKey = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class RegistrySetting:
    """A proxy as WinINET writes it: server is host:port, or one of them for each protocol; script the URL of a script that chooses."""

    server: str = ""
    bypass: tuple[str, ...] = ()
    script: str = ""

    @property
    def endpoint(self) -> tuple[str, int]:
        """(host, port) that HTTPS goes through."""
        parts = dict(each.partition("=")[::2] if "=" in each else ("https", each) for each in self.server.split(";"))
        host, _colon, port = (parts.get("https") or next(iter(parts.values()))).removeprefix("http://").rpartition(":")
        return (host, int(port)) if host and port.isdigit() else (host or port, 80)


@dataclass
class Registry:
    """The properties that were read, by path of their key; a key that is not there has none."""

    keys: dict[str, RegistryKey]

    def value(self, path: str, name: str) -> Any:
        return self.keys.get(path, {}).get(name, {}).get("value")

    @property
    def before(self) -> list[dict[str, Any]] | None:
        """What the role found when it first wrote; None when it has not written."""
        text = self.value(STATE, "Before")
        return json.loads(text) if text else None

    @property
    def pending(self) -> bool:
        return bool(self.value(STATE, "RestartPending"))


def setting_of(registry: Registry, path: str) -> RegistrySetting:
    """The proxy of the user whose Internet Settings are at this path."""
    server = registry.value(path, "ProxyServer") if registry.value(path, "ProxyEnable") else ""
    bypass = tuple(each for each in str(registry.value(path, "ProxyOverride") or "").split(";") if each)
    return RegistrySetting(server or "", bypass if server else (), registry.value(path, "AutoConfigURL") or "")


def machine_setting(registry: Registry) -> RegistrySetting:
    """The proxy of WinHTTP: version, counter, flags (2 is a proxy), then two strings with their lengths before them, little endian."""
    packed = bytes(registry.value(MACHINE_CONNECTIONS, "WinHttpSettings") or [])
    if len(packed) < 16 or not struct.unpack_from("<I", packed, 8)[0] & 2:
        return RegistrySetting()
    length = struct.unpack_from("<I", packed, 12)[0]
    server, rest = packed[16 : 16 + length], packed[16 + length :]
    count = struct.unpack_from("<I", rest)[0] if len(rest) >= 4 else 0
    return RegistrySetting(server.decode("ascii", "replace"), tuple(each for each in rest[4 : 4 + count].decode("ascii", "replace").split(";") if each))


def _direct(entries: tuple[str, ...]) -> tuple[str, ...]:
    """Exceptions in the notation of Windows: *.example.com for .example.com, and <local>, names without a dot, last."""
    written = [f"*{each}" if each.startswith(".") else each for each in (*entries, *ALWAYS_DIRECT)]
    return (*dict.fromkeys(each for each in written if each != "<local>"), "<local>")


def wanted(proxy: Proxy | None, copied: RegistrySetting | None) -> RegistrySetting:
    """What Local System should have: the proxy of the options, or that of a user. The platform is reached directly in any case."""
    if copied:
        return RegistrySetting(copied.server, _direct(copied.bypass), copied.script)
    return RegistrySetting(proxy.address, _direct(tuple(proxy.direct))) if proxy else RegistrySetting()


def _same(current: RegistrySetting, other: RegistrySetting) -> bool:
    if "=" in current.server or "=" in other.server:
        return current.server.lower() == other.server.lower()
    host, port = other.endpoint
    return same(current.server, Proxy(host, port)) or current.server.lower() == other.server.lower()


def check(registry: Registry, setting: RegistrySetting) -> list[Problem]:
    """What on the host stands against writing this."""
    problems = []
    if registry.value(POLICY, "ProxySettingsPerUser") == 0:
        problems.append(Problem("Group policy", "ProxySettingsPerUser is 0 here, so no account has a proxy of its own: set the proxy by that policy"))
    ours = [setting, RegistrySetting(registry.value(STATE, "Proxy") or setting.server)]
    for what, current in (("Local System", setting_of(registry, SYSTEM)), ("WinHTTP", machine_setting(registry))):
        if current.server and not any(_same(current, each) for each in ours):
            problems.append(Problem(what, f"has the proxy {redacted(current.server)} already, which this role did not set"))
    script = setting_of(registry, SYSTEM).script
    if script and script != setting.script and registry.before is None:
        problems.append(Problem("Local System", f"has the proxy script {redacted(script)} already, which this role did not set"))
    return problems


def differs(registry: Registry, setting: RegistrySetting) -> bool:
    """Whether anything is left to write, or the agent does not know it yet."""
    system, machine = setting_of(registry, SYSTEM), machine_setting(registry)
    other_machine = bool(setting.server) and (machine.server, set(machine.bypass)) != (setting.server, set(setting.bypass))
    same_system = (system.server, set(system.bypass), system.script) == (setting.server, set(setting.bypass), setting.script)
    return registry.pending or other_machine or not same_system


def _item(path: str, name: str, found: dict[str, Any] | None) -> dict[str, Any]:
    if found is None:
        return {"path": path, "name": name, "state": "absent"}
    kind, data = _TYPES[found["type"]], found["raw_value"]
    if kind in ("binary", "none"):
        data = "hex:" + ",".join(each.removeprefix("0x") for each in data)
    return {"path": path, "name": name, "state": "present", "type": kind, "data": data}


def snapshot(registry: Registry) -> str:
    """The values as they are, as text that restores() understands."""
    return json.dumps([_item(path, name, registry.keys.get(path, {}).get(name)) for path, names in VALUES.items() for name in names])
