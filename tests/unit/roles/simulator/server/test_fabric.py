# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What real guests find at the fabric's addresses, how their reports become instance views, and where the fabric may listen."""

from __future__ import annotations

import base64
import http.client
import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from arm_simulator import estate
from arm_simulator.core.messages import Request
from arm_simulator.core.router import open_router
from arm_simulator.core.world import World
from arm_simulator.server import control, fabric, guest_network

PROGRAM = Path(__file__).resolve().parents[5] / "roles/simulator/files"
VM = "Microsoft.Compute/virtualMachines/web"
GUEST = "10.77.0.10"
# The form in which WALinuxAgent 2.7.3 sent it from a Debian guest.
STATUS = {
    "version": "1.1",
    "timestampUTC": "2026-11-25T13:36:37Z",
    "aggregateStatus": {
        "guestAgentStatus": {"version": "2.7.3.0", "status": "Ready", "formattedMessage": {"lang": "en-US", "message": "Guest Agent is running"}},
        "handlerAggregateStatus": [
            {"handlerVersion": "1.0.9120.0", "handlerName": "Microsoft.Azure.RecoveryServices.VMSnapshotLinux", "status": "Ready", "code": 0},
            {"handlerVersion": "1.0", "handlerName": "Other", "status": "NotReady", "formattedMessage": {"message": "broken"}},
        ],
    },
    "guestOSInfo": {"computerName": "guest-1", "osName": "debian", "osVersion": "12", "version": "2.7.3.0"},
}


@pytest.fixture
def guests(azure):
    azure.load({"vms": [{"name": "web", "resource_group": "app", "guest_address": GUEST}, {"name": "other", "resource_group": "app"}]})
    return azure


def ask(azure, method, path, body=b"", address=GUEST, headers=None, **query):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = Request(method, path, query, {"host": "168.63.129.16", **(headers or {})}, content, caller=address)
    return fabric.answer(azure.world, request)


def control_request(azure, method, path, body):
    handler, params, methods = open_router.find(method, path)
    return control.answer(azure.world, Request(method, path, {}, {}, json.dumps(body).encode(), params), handler, methods)


def view(azure, name="web"):
    return azure.get(f"Microsoft.Compute/virtualMachines/{name}/instanceView")


def agent(azure, name="web"):
    block = view(azure, name)["vmAgent"]
    return block["statuses"][0]["displayStatus"], block["vmAgentVersion"], block["statuses"][0]["message"]


def texts(response, *names):
    assert response.status == 200
    root = ET.fromstring(response.body)
    return [next(root.iter(name)).text for name in names]


def test_the_way_of_the_agent_from_the_goal_state_to_its_status(guests):
    assert texts(ask(guests, "GET", "/", comp="versions"), "Version") == [fabric.PROTOCOL]
    names = ("HostingEnvironmentConfig", "SharedConfig", "ExtensionsConfig")
    urls = texts(ask(guests, "GET", "/machine/", comp="goalstate"), *names)
    parts = [url.removeprefix("http://168.63.129.16").partition("?") for url in urls]
    for name, (path, _mark, query) in zip(("HostingEnvironmentConfig", "SharedConfig", "Extensions"), parts, strict=True):
        answer = ask(guests, "GET", path, **dict(pair.split("=") for pair in query.split("&")))
        assert ET.fromstring(answer.body).tag == name
    (blob, manifest) = texts(answer, "StatusUploadBlob", "Uri")
    assert ask(guests, "GET", manifest.removeprefix("http://168.63.129.16")).status == 200
    assert agent(guests)[0] == "Not Ready"
    assert ask(guests, "POST", "/machine", b"<Health/>", comp="health").status == 200
    assert ask(guests, "PUT", blob.removeprefix("http://168.63.129.16"), STATUS).status == 201
    assert agent(guests) == ("Ready", "2.7.3.0", "Guest Agent is running")


def test_a_report_by_the_host_plugin_is_what_the_instance_view_shows(guests):
    assert ask(guests, "GET", "/versions").body == ["2015-09-01"]
    content = base64.b64encode(json.dumps(STATUS).encode()).decode()
    assert ask(guests, "PUT", "/status", {"requestUri": "http://x/status/1", "headers": [], "content": content}).status == 200
    seen = view(guests)
    assert (seen["computerName"], seen["osName"], seen["osVersion"]) == ("guest-1", "debian", "12")
    good, bad = seen["vmAgent"]["extensionHandlers"]
    assert good["type"].endswith("VMSnapshotLinux") and good["status"]["displayStatus"] == "Ready"
    assert bad["status"]["code"] == "ProvisioningState/notready" and bad["status"]["message"] == "broken"
    assert agent(guests, "other")[0] == "Ready"


def test_an_agent_that_falls_silent_is_not_ready_until_it_reports_again(guests, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    assert agent(guests)[2] == "VM status blob is found but not yet populated."
    ask(guests, "PUT", "/status/1", STATUS)
    now[0] += 29
    guests.world.clock.jump(7200)  # simulated time is nothing to the guest
    assert agent(guests)[0] == "Ready"
    now[0] += 2
    assert agent(guests) == ("Not Ready", "Unknown", "VM Agent is unresponsive.")
    ask(guests, "PUT", "/status/1", STATUS)
    assert agent(guests)[0] == "Ready"
    assert control_request(guests, "POST", "/_simulator/settings", {"agent_silence": 5}).status == 200
    now[0] += 6
    assert agent(guests)[0] == "Not Ready"


def test_what_the_agent_says_is_believed(guests):
    said = {**STATUS, "aggregateStatus": {"guestAgentStatus": {"version": "2.9.1.1", "status": "NotReady", "formattedMessage": {"message": "starting"}}}}
    ask(guests, "PUT", "/status/1", said)
    assert agent(guests) == ("Not Ready", "2.9.1.1", "starting")
    ask(guests, "PUT", "/status/1", json.dumps(STATUS).encode() + b"\0" * 100)
    assert agent(guests)[0] == "Ready"
    guests.finish(guests.send("POST", f"{VM}/deallocate"))
    assert "vmAgent" not in view(guests)


@pytest.mark.parametrize("body", [b"no json", b"[]", b'{"aggregateStatus": []}', b'{"aggregateStatus": {"handlerAggregateStatus": 1}}', b""])
@pytest.mark.parametrize("path", ["/status", "/status/1"])
def test_an_odd_status_changes_nothing_and_breaks_nothing(guests, path, body):
    assert ask(guests, "PUT", path, body).status < 500
    assert agent(guests)[0] == "Not Ready" and agent(guests)[1] == "Unknown"


def test_a_stranger_learns_nothing_and_cannot_report(guests):
    assert ask(guests, "GET", "/machine/", comp="goalstate", address="10.77.0.99").status == 403
    assert ask(guests, "PUT", "/status/1", STATUS, address="10.77.0.99").status == 403
    assert ask(guests, "GET", "/_simulator/status").status == 404
    assert ask(guests, "GET", guests.id(VM)).status == 404
    assert ask(guests, "DELETE", "/machine").status == 405


def test_metadata_says_which_vm_this_is(guests):
    asked = {"headers": {"metadata": "true"}, "api-version": "2021-02-01"}
    compute = ask(guests, "GET", "/metadata/instance", **asked).body["compute"]
    assert (compute["name"], compute["resourceGroupName"], compute["resourceId"]) == ("web", "app", guests.id(VM))
    assert compute == ask(guests, "GET", "/metadata/instance/compute", **asked).body
    assert ask(guests, "GET", "/metadata/instance", **{"api-version": "2021-02-01"}).status == 400
    assert ask(guests, "GET", "/metadata/instance", headers={"metadata": "true"}).status == 400


def test_guests_come_and_go_by_the_control_path(guests):
    taken = control_request(guests, "POST", "/_simulator/vms/app/other", {"guest_address": GUEST})
    assert taken.status == 409 and agent(guests, "other")[0] == "Ready"
    ask(guests, "PUT", "/status/1", STATUS)
    assert control_request(guests, "POST", "/_simulator/vms/app/web", {"guest_address": None}).status == 200
    assert agent(guests)[0] == "Not Ready"
    assert control_request(guests, "POST", "/_simulator/vms/app/other", {"guest_address": GUEST}).status == 200
    ask(guests, "PUT", "/status/1", STATUS)
    assert agent(guests, "other")[1] == "2.7.3.0"
    listed = control_request(guests, "GET", "/_simulator/guests", {}).body["guests"]
    assert [(each["address"], each["vm"].rpartition("/")[2], each["heard_seconds_ago"] is not None) for each in listed] == [(GUEST, "other", True)]
    assert control_request(guests, "POST", "/_simulator/vms/app/web", {"guest_address": "here"}).status == 400


def test_an_estate_with_a_wrong_address_is_refused():
    with pytest.raises(estate.EstateError, match="not an IPv4 address"):
        estate.parse(json.dumps({"vms": [{"name": "a", "resource_group": "app", "guest_address": "10.1"}]}), World())


# Where it listens


class Machine:
    """A machine with the interfaces that a stub of the command ip tells of."""

    def __init__(self, folder, monkeypatch):
        self.folder = folder
        self.answers = {"address": "[]", "route": "[]", "-details": "[]", "netns": "[]"}
        monkeypatch.setenv("PATH", str(folder))
        monkeypatch.setattr(guest_network, "_CLASS", folder / "net")

    def says(self, **answers):
        self.answers |= {name.replace("details", "-details"): json.dumps(text) for name, text in answers.items()}
        lines = [f"{name}) echo '{text}';;" for name, text in self.answers.items()]
        stub = self.folder / "ip"
        stub.write_text("#!/bin/sh\ncase $2 in\n" + "\n".join(lines) + "\nesac\n")
        stub.chmod(0o755)

    def bridge(self, name, *ports, cards=()):
        (self.folder / "net" / name / "bridge").mkdir(parents=True)
        (self.folder / "net" / name / "brif").mkdir()
        for port in (*ports, *cards):
            (self.folder / "net" / name / "brif" / port).touch()
            (self.folder / "net" / port).mkdir()
            if port in cards:
                (self.folder / "net" / port / "device").mkdir()


@pytest.fixture
def this(tmp_path, monkeypatch):
    return Machine(tmp_path, monkeypatch)


def test_a_bridge_of_guests_only_is_allowed(this):
    this.bridge("guests", "vb-web")
    this.says(address=[{}, {"ifname": "guests"}], route=[{"dst": "default", "dev": "eth0"}])
    assert guest_network.parse("168.63.129.16") == ("168.63.129.16", None)


def test_a_cable_to_a_named_namespace_is_allowed(this):
    link = {"ifname": "azbk0", "link_netnsid": 0, "linkinfo": {"info_kind": "veth"}}
    this.says(address=[{"ifname": "azbk0"}], details=[link], netns=[{"name": "azbk0", "id": 0}])
    assert guest_network.parse("10.77.0.129:16880") == ("10.77.0.129", 16880)


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({}, "no address of this machine"),
        ({"address": [{"ifname": "eth0"}], "route": [{"dev": "eth0"}]}, "by the default route"),
        ({"address": [{"ifname": "eth1"}], "details": [{"ifname": "eth1"}]}, "by eth1"),
        # a container's way out, and a second one without the default route
        ({"address": [{"ifname": "eth0"}], "details": [{"link_netnsid": 0, "linkinfo": {"info_kind": "veth"}}], "netns": []}, "by eth0"),
        ({"address": [{"ifname": "v0"}], "details": [{"link_netnsid": 0, "linkinfo": {"info_kind": "veth"}}], "netns": [{"name": "unused"}]}, "by v0"),
        ({"address": [{"ifname": "v0"}], "details": [{"linkinfo": {"info_kind": "veth"}}], "netns": [{"name": "n", "id": 0}]}, "by v0"),
    ],
)
def test_what_leads_out_is_refused(this, answers, told):
    this.says(**answers)
    with pytest.raises(ValueError, match=told):
        guest_network.parse("192.0.2.2")


def test_a_bridge_with_a_network_card_is_refused(this):
    this.bridge("br0", "vb-web", cards=["eno1"])
    this.says(address=[{"ifname": "br0"}])
    with pytest.raises(ValueError, match="by eno1"):
        guest_network.parse("10.0.0.1")


@pytest.mark.parametrize("text", ["", "host", "::1", "10.0.0.1:x", "127.0.0.1:70000", "0.0.0.0/0"])
def test_what_is_no_place_is_refused(text):
    with pytest.raises(ValueError, match=r"IPv4 address|no port"):
        guest_network.parse(text)


def test_without_the_command_ip_only_loopback_is_allowed(this):
    assert guest_network.parse("127.0.0.5:8080") == ("127.0.0.5", 8080)
    with pytest.raises(ValueError, match="cannot be told"):
        guest_network.parse("10.0.0.1")


def run(command, state, *options):
    arguments = [sys.executable, "-m", "arm_simulator", command, "--state-dir", str(state), *options]
    return subprocess.run(arguments, cwd=PROGRAM, capture_output=True, text=True, timeout=180, check=False)


def test_the_process_listens_only_when_told_and_a_guest_of_loopback_is_heard(tmp_path):
    (tmp_path / "estate.yml").write_text(
        "resource_groups: [{name: app, location: westeurope}]\nvms: [{name: web, resource_group: app, guest_address: 127.0.0.1}]\n"
    )
    state = tmp_path / "state"
    refused = run("start", state, "--wire-server", "203.0.113.1")
    assert refused.returncode == 1 and "no address of this machine" in refused.stderr and not state.exists()
    started = run("start", state, "--estate", str(tmp_path / "estate.yml"), "--wire-server", "127.0.0.1:0")
    try:
        assert started.returncode == 0, started.stderr
        place = started.stdout.strip().rpartition(" ")[2]
        connection = http.client.HTTPConnection(place, timeout=20)
        connection.request("GET", "/?comp=versions")
        assert b"2015-04-05" in connection.getresponse().read()
        connection.request("PUT", "/status/blob", json.dumps(STATUS))
        assert connection.getresponse().status == 201
        connection.close()
        assert "already running" in run("start", state, "--wire-server", "127.0.0.1:0").stdout
        other = run("start", state, "--wire-server", "127.0.0.2:0")
        assert other.returncode == 1 and "stop it first" in other.stderr
    finally:
        run("stop", state)
    again = run("start", state)
    try:
        assert "fabric" not in again.stdout
    finally:
        run("stop", state)
