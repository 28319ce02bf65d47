# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role proxy_client plans for a Windows host, from keys of the registry as win_reg_stat returns them."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.filter.proxy_client_windows_plan import proxy_client_windows_plan
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._guest.proxy.windows import MACHINE_CONNECTIONS, POLICY, STATE, SYSTEM, SYSTEM_CONNECTIONS

USER = SYSTEM.replace("S-1-5-18", "S-1-5-21-1-2-3-1001")
PROXY = {"host": "10.1.0.4", "port": 3128, "user": "", "password": "", "no_proxy": []}
BYPASS = ["168.63.129.16", "169.254.169.254", "localhost", "127.0.0.1", "<local>"]


def text(value: str) -> dict[str, Any]:
    return {"type": "REG_SZ", "value": value, "raw_value": value}


def number(value: int) -> dict[str, Any]:
    return {"type": "REG_DWORD", "value": value, "raw_value": value}


def binary(value: bytes) -> dict[str, Any]:
    return {"type": "REG_BINARY", "value": list(value), "raw_value": [f"0x{each:02x}" for each in value]}


def winhttp(server: str, bypass: str = "") -> dict[str, Any]:
    """WinHttpSettings as `netsh winhttp set proxy` leaves it."""
    packed = struct.pack("<III", 0x28, 0, 3 if server else 1)
    for each in (server, bypass):
        packed += struct.pack("<I", len(each)) + each.encode()
    return binary(packed)


def wininet(server: str, bypass: str = "", enabled: int = 1) -> dict[str, Any]:
    return {"ProxyEnable": number(enabled), "ProxyServer": text(server), "ProxyOverride": text(bypass)}


def results(keys: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    paths = [SYSTEM, SYSTEM_CONNECTIONS, MACHINE_CONNECTIONS, POLICY, STATE, USER]
    return [{"item": path, "exists": path in keys, **({"properties": keys[path]} if path in keys else {})} for path in paths]


def plan(keys: dict[str, dict[str, Any]] | None = None, copy_from: str = "", **change: Any) -> dict[str, Any]:
    return proxy_client_windows_plan(results(keys or {}), PROXY | change, copy_from)


def set_by_role(plan: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The registry after the role carried out a plan on an empty one."""
    joined = ";".join(plan["bypass"])
    return {
        SYSTEM: wininet(plan["server"], joined),
        MACHINE_CONNECTIONS: {"WinHttpSettings": winhttp(plan["server"], joined)},
        STATE: {"Before": text(plan["before"]), "Proxy": text(plan["server"])},
    }


def test_the_platform_is_always_reached_directly() -> None:
    wanted = plan(no_proxy=[".corp.example", "10.0.0.5"])
    assert wanted["problems"] == []
    assert (wanted["server"], wanted["bypass"]) == ("10.1.0.4:3128", ["*.corp.example", "10.0.0.5", *BYPASS])
    assert wanted["endpoint"] == {"host": "10.1.0.4", "port": 3128}
    assert wanted["write"] is True


def test_a_second_run_writes_nothing() -> None:
    again = plan(set_by_role(plan()))
    assert (again["problems"], again["write"], again["before"]) == ([], False, None)


@pytest.mark.parametrize("change", [
    {SYSTEM: wininet("10.1.0.4:3128", "<local>")},
    {SYSTEM: wininet("10.1.0.4:3128", ";".join(BYPASS), enabled=0)},
    {MACHINE_CONNECTIONS: {}},
    {MACHINE_CONNECTIONS: {"WinHttpSettings": winhttp("10.1.0.4:3128", "<local>")}},
])
def test_what_was_changed_since_is_mended(change: dict[str, Any]) -> None:
    assert plan(set_by_role(plan()) | change)["write"] is True


def test_a_run_that_was_killed_before_the_restart_is_finished() -> None:
    keys = set_by_role(plan())
    keys[STATE]["RestartPending"] = number(1)
    assert plan(keys)["write"] is True


def test_the_values_from_before_are_what_a_removal_puts_back() -> None:
    before = {SYSTEM: wininet("old:1", "<local>", enabled=0), SYSTEM_CONNECTIONS: {"SavedLegacySettings": binary(b"\x46\x00\xff")}}
    first = plan(before)
    assert first["problems"] == []
    restore = proxy_client_windows_plan(results(before | {STATE: {"Before": text(first["before"])}}))["restore"]
    values = {(each["path"], each["name"]): each for each in restore}
    assert values[SYSTEM, "ProxyEnable"] == {"path": SYSTEM, "name": "ProxyEnable", "state": "present", "type": "dword", "data": 0}
    assert values[SYSTEM, "ProxyServer"]["data"] == "old:1"
    assert values[SYSTEM_CONNECTIONS, "SavedLegacySettings"] | {"path": "", "name": ""} == {
        "path": "", "name": "", "state": "present", "type": "binary", "data": "hex:46,00,ff",
    }
    absent = {name for (_path, name), each in values.items() if each["state"] == "absent"}
    assert absent == {"AutoConfigURL", "AutoDetect", "DefaultConnectionSettings", "WinHttpSettings"}


def test_nothing_is_restored_where_the_role_has_set_nothing() -> None:
    assert proxy_client_windows_plan(results({SYSTEM: wininet("old:1")}))["restore"] is None


@pytest.mark.parametrize(("keys", "words"), [
    ({SYSTEM: wininet("http://me:secret@old:1")}, ["Local System", "***@old:1"]),
    ({MACHINE_CONNECTIONS: {"WinHttpSettings": winhttp("old:1")}}, ["WinHTTP", "old:1"]),
    ({SYSTEM: {"AutoConfigURL": text("http://pac.example/x.pac")}}, ["Local System", "pac.example"]),
    ({POLICY: {"ProxySettingsPerUser": number(0)}}, ["Group policy"]),
])
def test_a_setting_of_the_owner_is_told_and_nothing_is_written(keys: dict[str, Any], words: list[str]) -> None:
    wanted = plan(keys)
    assert wanted["write"] is False
    assert len(wanted["problems"]) == 1
    assert [word for word in words if word not in wanted["problems"][0]] == []
    assert "secret" not in wanted["problems"][0]


def test_another_proxy_replaces_the_one_that_the_role_set() -> None:
    keys = set_by_role(plan())
    assert plan(keys, port=8080)["problems"] == []
    keys[SYSTEM] = wininet("somebody:1")
    assert "somebody:1" in plan(keys, port=8080)["problems"][0]


@pytest.mark.parametrize(("server", "endpoint"), [
    ("10.1.0.4:3128", ("10.1.0.4", 3128)), ("http=a:80;https=b:8443", ("b", 8443)), ("http=a:81", ("a", 81)), ("proxy", ("proxy", 80)),
])
def test_the_settings_of_a_user_are_taken_over(server: str, endpoint: tuple[str, int]) -> None:
    keys = {USER: wininet(server, "*.corp.example;<local>")}
    wanted = plan(keys, USER, host="")
    assert wanted["problems"] == []
    assert (wanted["server"], wanted["bypass"]) == (server, ["*.corp.example", *BYPASS])
    assert tuple(wanted["endpoint"].values()) == endpoint
    assert plan(set_by_role(wanted) | keys, USER, host="")["write"] is False


def test_a_user_without_proxy_and_one_with_a_script() -> None:
    assert "no proxy" in plan({USER: wininet("x:1", enabled=0)}, USER, host="")["problems"][0]
    assert "no proxy" in plan({}, USER, host="")["problems"][0]
    script = plan({USER: {"AutoConfigURL": text("http://pac.example/x.pac")}}, USER, host="")
    assert (script["problems"], script["server"], script["script"]) == ([], "", "http://pac.example/x.pac")


@pytest.mark.parametrize(("change", "copy_from", "option"), [
    ({"host": ""}, "", "host"), ({}, USER, "host"), ({"user": "joe", "password": "x"}, "", "user"), ({"port": 0}, "", "port"),
])
def test_wrong_options(change: dict[str, Any], copy_from: str, option: str) -> None:
    problems = proxy_client_windows_plan([], PROXY | change, copy_from)["problems"]
    assert [problem.partition(":")[0] for problem in problems] == [f"proxy_client_{option}"]


@pytest.mark.parametrize("broken", [b"", b"\x28\x00", struct.pack("<IIII", 0x28, 0, 3, 400) + b"short"])
def test_winhttp_settings_that_make_no_sense_do_not_break_the_plan(broken: bytes) -> None:
    keys = {MACHINE_CONNECTIONS: {"WinHttpSettings": binary(broken)}}
    assert json.loads(plan(keys)["before"])[-1]["name"] == "WinHttpSettings"
