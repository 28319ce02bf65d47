# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role proxy_client plans for a Linux host."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.filter.proxy_client_plan import proxy_client_plan
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._guest.proxy.client import AGENT, CREDENTIALS, ENVIRONMENT, MARKER, drop_in

DEBIAN, OTHERS = "walinuxagent.service", "waagent.service"
PATHS = [CREDENTIALS, drop_in(DEBIAN), drop_in(OTHERS), ENVIRONMENT, AGENT, MARKER]
PROXY = {"host": "10.1.0.4", "port": 3128}
SIGNED_IN = {**PROXY, "user": "joe", "password": "p@ss:w%rd"}
SHIPPED = "# Microsoft Azure Linux Agent Configuration\nExtensions.Enabled=y\n# HttpProxy.Host=None\n"


def read(files: dict[str, str | bytes] | None = None, unit: str = DEBIAN, environment: str = "", uid: int = 0, answer: Any = None) -> dict[str, Any]:
    """What look.py prints on a host with these files."""
    have: dict[str, Any] = dict.fromkeys(PATHS) | {AGENT: SHIPPED, ENVIRONMENT: "LANG=C\n"} | (files or {})
    contents = {path: text.encode() if isinstance(text, str) else text for path, text in have.items()}
    units = "\n\n".join(f"Environment={environment}\nId={each}\nLoadState={'loaded' if each == unit else 'not-found'}" for each in (DEBIAN, OTHERS))
    return {
        "uid": uid,
        "files": {path: None if content is None else base64.b64encode(content).decode() for path, content in contents.items()},
        "units": units + "\n",
        "answer": answer or [],
    }


def after(plan: dict[str, Any], files: dict[str, str | bytes] | None = None) -> dict[str, Any]:
    """The files of a host on which the plan was carried out."""
    have: dict[str, Any] = {AGENT: SHIPPED, ENVIRONMENT: "LANG=C\n"} | (files or {})
    for write in plan["writes"]:
        have[write["path"]] = write["content"] if write["state"] == "present" else None
    return have


@pytest.mark.parametrize("unit", [DEBIAN, OTHERS])
def test_the_proxy_reaches_the_environment_the_agent_and_its_service(unit: str) -> None:
    plan = proxy_client_plan(read(unit=unit), PROXY)
    assert (plan["problems"], plan["unit"], plan["restart"]) == ([], unit, True)
    files = after(plan)
    assert {write["path"] for write in plan["writes"]} == {ENVIRONMENT, AGENT, drop_in(unit)}
    assert "\nhttp_proxy=http://10.1.0.4:3128\nhttps_proxy=http://10.1.0.4:3128\n" in files[ENVIRONMENT]
    assert "\nno_proxy=168.63.129.16,169.254.169.254,localhost,127.0.0.1\n" in files[ENVIRONMENT]
    assert "\nHttpProxy.Host=10.1.0.4\nHttpProxy.Port=3128\n" in files[AGENT]
    assert 'Environment="https_proxy=http://10.1.0.4:3128"' in files[drop_in(unit)]
    assert 'Environment="no_proxy=168.63.129.16,169.254.169.254,' in files[drop_in(unit)]


@pytest.mark.parametrize("files", [
    {}, {ENVIRONMENT: None}, {ENVIRONMENT: ""}, {ENVIRONMENT: "A=1"}, {ENVIRONMENT: "no_proxy=.corp.example\r\n"}, {AGENT: SHIPPED.rstrip("\n")},
    {ENVIRONMENT: 'http_proxy="http://10.1.0.4:3128/"\n', AGENT: SHIPPED + "HttpProxy.Host = 10.1.0.4 # mine\n"},
])
@pytest.mark.parametrize("proxy", [PROXY, SIGNED_IN])
def test_a_second_run_changes_nothing_and_a_removal_leaves_no_trace(files: dict[str, Any], proxy: dict[str, Any]) -> None:
    before = {AGENT: SHIPPED, ENVIRONMENT: "LANG=C\n"} | files
    first = after(proxy_client_plan(read(files), proxy), files)
    again = proxy_client_plan(read(first), proxy)
    assert (again["problems"], again["writes"], again["restart"]) == ([], [], False)
    removed = after(proxy_client_plan(read(first)), first)
    assert {path: text for path, text in removed.items() if text is not None} == {path: text for path, text in before.items() if text is not None}
    assert proxy_client_plan(read(removed))["writes"] == []


def test_a_run_that_was_killed_before_the_restart_is_finished_by_the_next() -> None:
    files = after(proxy_client_plan(read(), PROXY))
    assert proxy_client_plan(read({**files, MARKER: ""}), PROXY)["restart"] is True
    assert proxy_client_plan(read({MARKER: ""}))["restart"] is True


def test_exceptions_of_the_owner_are_kept_and_ours_added_once() -> None:
    files = {ENVIRONMENT: "no_proxy='localhost,.corp.example'\n"}
    plan = proxy_client_plan(read(files), {**PROXY, "no_proxy": [".corp.example", "10.0.0.0/8"]})
    assert "\nno_proxy=localhost,.corp.example,10.0.0.0/8,168.63.129.16,169.254.169.254,127.0.0.1\n" in after(plan, files)[ENVIRONMENT]


def test_credentials_are_in_one_file_of_root_and_in_nothing_that_others_can_read() -> None:
    plan = proxy_client_plan(read(), SIGNED_IN)
    secret = [write for write in plan["writes"] if write["secret"]]
    assert [(write["path"], write["mode"]) for write in secret] == [(CREDENTIALS, "0600")]
    assert "http_proxy=http://joe:p%40ss%3Aw%25rd@10.1.0.4:3128\n" in secret[0]["content"]
    others = [write for write in plan["writes"] if not write["secret"]]
    assert [write["path"] for write in others] == [drop_in(DEBIAN)]
    assert f"EnvironmentFile={CREDENTIALS}" in others[0]["content"]
    assert "joe" not in others[0]["content"]


def test_giving_up_credentials_deletes_their_file() -> None:
    files = after(proxy_client_plan(read(), SIGNED_IN))
    plan = proxy_client_plan(read(files), PROXY)
    assert [write["path"] for write in plan["writes"] if write["state"] == "absent"] == [CREDENTIALS]


@pytest.mark.parametrize(("files", "environment", "words"), [
    ({ENVIRONMENT: "A=1\nexport HTTPS_PROXY=http://me:secret@old:8080\n"}, "", [f"{ENVIRONMENT} line 2", "HTTPS_PROXY", "http://***@old:8080"]),
    ({AGENT: "HttpProxy.Host=other\nHttpProxy.Port=3128\n"}, "", [f"{AGENT} line 1", "other"]),
    ({AGENT: "HttpProxy.Port=8080\n"}, "", [f"{AGENT} line 1", "8080"]),
    ({}, "http_proxy=http://old:1 LANG=C", [DEBIAN, "http://old:1", "systemctl cat"]),
    ({drop_in(DEBIAN): "[Service]\n"}, "", [drop_in(DEBIAN), "not written by this role"]),
    ({AGENT: SHIPPED + "# BEGIN safeharbor.azure_backup.proxy_client\n"}, "", [AGENT, "damaged"]),
])
def test_a_setting_of_the_owner_is_told_and_nothing_is_written(files: dict[str, Any], environment: str, words: list[str]) -> None:
    plan = proxy_client_plan(read(files, environment=environment), PROXY)
    assert plan["writes"] == []
    assert len(plan["problems"]) == 1
    assert [word for word in words if word not in plan["problems"][0]] == []
    assert "secret" not in plan["problems"][0]


def test_all_conflicts_are_told_at_once() -> None:
    plan = proxy_client_plan(read({ENVIRONMENT: "http_proxy=http://a:1\n", AGENT: "HttpProxy.Host=b\n"}, answer=[{"what": "proxy", "why": "no"}]), PROXY)
    assert len(plan["problems"]) == 3


def test_settings_that_mean_nothing_are_no_conflict() -> None:
    """The agent takes None for not set, and the last line of a key."""
    files = {
        AGENT: "HttpProxy.Host=None\nHttpProxy.Port=1\nHttpProxy.Port=3128\n  # HttpProxy.Host=comment\n",
        ENVIRONMENT: "#http_proxy=http://a:1\nhttp_proxy=\n",
    }
    assert proxy_client_plan(read(files), PROXY)["problems"] == []


def test_our_own_old_proxy_in_the_service_is_no_conflict() -> None:
    files = after(proxy_client_plan(read(), PROXY))
    plan = proxy_client_plan(read(files, environment="http_proxy=http://10.1.0.4:3128 https_proxy=http://10.1.0.4:3128"), {**PROXY, "port": 8080})
    assert plan["problems"] == []
    assert plan["restart"] is True


def test_without_an_agent() -> None:
    for plan in (proxy_client_plan(read({AGENT: None}, unit=""), PROXY), proxy_client_plan(read(unit=""), PROXY)):
        assert "install the VM agent first" in plan["problems"][0]
    plan = proxy_client_plan(read({AGENT: None}, unit=""), PROXY, agent=False)
    assert ([write["path"] for write in plan["writes"]], plan["restart"], plan["unit"]) == ([ENVIRONMENT], False, None)
    plan = proxy_client_plan(read(), PROXY, environment=False)
    assert ENVIRONMENT not in [write["path"] for write in plan["writes"]]


@pytest.mark.parametrize(("change", "option"), [
    ({"host": ""}, "host"), ({"host": "http://10.1.0.4"}, "host"), ({"host": "proxy:3128"}, "host"), ({"host": "999.1.1.1"}, "host"), ({"host": "a b"}, "host"),
    ({"host": "fe80::1%eth0"}, "host"), ({"host": "168.63.129.16"}, "host"), ({"port": 0}, "port"), ({"port": 65536}, "port"), ({"user": "joe"}, "user"),
    ({"password": "x"}, "user"), ({"user": "a:b", "password": "x"}, "user"), ({"no_proxy": ["a,b"]}, "no_proxy"), ({"no_proxy": ["a b"]}, "no_proxy"),
])
def test_wrong_options_are_told_before_anything_is_read(change: dict[str, Any], option: str) -> None:
    plan = proxy_client_plan({}, PROXY | change)
    assert [problem.partition(":")[0] for problem in plan["problems"]] == [f"proxy_client_{option}"]


@pytest.mark.parametrize("host", ["proxy", "proxy.corp.example", "10.1.0.4", "fd00::4"])
def test_right_hosts(host: str) -> None:
    plan = proxy_client_plan(read(), {**PROXY, "host": host})
    assert plan["problems"] == []
    url = "http://[fd00::4]:3128" if ":" in host else f"http://{host}:3128"
    assert f"http_proxy={url}\n" in after(plan)[ENVIRONMENT]


@pytest.mark.parametrize(("change", "word"), [
    ({"uid": 1000}, "become"),
    ({"units": None}, "systemd"),
    ({"answer": [{"what": "proxy x:1", "why": "refused"}]}, "proxy x:1: refused"),
])
def test_what_the_host_lacks_is_told(change: dict[str, Any], word: str) -> None:
    plan = proxy_client_plan(read() | change, PROXY)
    assert len(plan["problems"]) == 1
    assert word in plan["problems"][0]


def test_files_that_cannot_be_read_or_are_not_text_are_left_alone() -> None:
    host = read({AGENT: b"A=\xff\n"})
    host["files"][ENVIRONMENT] = {"error": "Permission denied"}
    plan = proxy_client_plan(host, PROXY)
    assert plan["writes"] == []
    assert [problem.partition(":")[0] for problem in plan["problems"]] == [ENVIRONMENT, AGENT]
    assert "not UTF-8" in plan["problems"][1]
