# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripts in virtual machines, and what they are made to print."""

from __future__ import annotations

import json

import pytest
from arm_simulator.core.messages import Request
from arm_simulator.core.router import open_router
from arm_simulator.server import control
from azure.mgmt.compute import models

VM = "Microsoft.Compute/virtualMachines/web"
COMMAND = f"{VM}/runCommands/look"
SCRIPT = {"commandId": "RunShellScript", "script": ["systemctl is-active walinuxagent"]}
LASTING = {"location": "westeurope", "properties": {"source": {"script": "sleep 600"}, "protectedParameters": [{"name": "a", "value": "b"}]}}


@pytest.fixture
def estate(azure):
    azure.load(
        {
            "vms": [
                {"name": "web", "resource_group": "app"},
                {"name": "win", "resource_group": "app", "os": "Windows"},
                {"name": "deaf", "resource_group": "app", "agent": {"status": "NotReady"}},
                {"name": "off", "resource_group": "app", "power": "deallocated"},
            ],
            "run_commands": [
                {"match": "is-active", "stdout": "active\n"},
                {"match": "is-active", "vm": "app/wi*", "stdout": "never\n", "stderr": "no such thing\n", "exit_code": 1},
                {"match": "^sleep", "stdout": "rested\n", "seconds": 600},
            ],
        }
    )
    return azure


def control_request(azure, method, path, body=b""):
    handler, _params, methods = open_router.find(method, path)
    return control.answer(azure.world, Request(method, path, {}, {}, body), handler, methods)


def test_the_action_answers_with_what_the_estate_says(estate):
    answer = estate.send("POST", f"{VM}/runCommand", SCRIPT)
    assert answer.status == 202
    status = estate.finish(answer).body
    assert status["status"] == "Succeeded"
    assert estate.follow(answer.headers["Location"]).body == status["properties"]["output"]
    assert status["properties"]["output"]["value"] == [
        {
            "code": "ProvisioningState/succeeded",
            "level": "Info",
            "displayStatus": "Provisioning succeeded",
            "message": "Enable succeeded: \n[stdout]\nactive\n\n[stderr]\n",
        }
    ]


def test_windows_has_two_streams_and_the_youngest_answer_counts(estate):
    done = estate.finish(estate.send("POST", f"{VM[:-3]}win/runCommand", SCRIPT)).body
    assert [each["message"] for each in done["properties"]["output"]["value"]] == ["never\n", "no such thing\n"]


def test_a_script_nobody_thought_of_prints_nothing(estate):
    done = estate.finish(estate.send("POST", f"{VM}/runCommand", {**SCRIPT, "script": ["true"]})).body
    assert done["properties"]["output"]["value"][0]["message"] == "Enable succeeded: \n[stdout]\n\n[stderr]\n"


@pytest.mark.parametrize("path", ["runCommand", "runCommands/look"])
def test_it_needs_a_running_vm(estate, path):
    answer = estate.send("POST" if path == "runCommand" else "PUT", f"{VM[:-3]}off/{path}", {**SCRIPT, **LASTING})
    assert (answer.status, answer.body["error"]["code"]) == (409, "OperationNotAllowed")


@pytest.mark.parametrize("path", ["runCommand", "runCommands/look"])
def test_without_an_agent_azure_gives_up_after_25_minutes(estate, path):
    estate.world.clock.speed = 1
    answer = estate.send("POST" if path == "runCommand" else "PUT", f"{VM[:-3]}deaf/{path}", {**SCRIPT, **LASTING})
    poll = answer.headers["Azure-AsyncOperation"]
    estate.world.clock.jump(24 * 60)
    assert estate.follow(poll).body["status"] == "InProgress"
    estate.world.clock.jump(2 * 60)
    assert estate.follow(poll).body["error"]["code"] == "VMAgentStatusCommunicationError"
    if path != "runCommand":
        assert estate.get(f"{VM[:-3]}deaf/{path}")["properties"]["provisioningState"] == "Failed"


def view(azure):
    return azure.get(COMMAND, _expand="instanceView")["properties"]["instanceView"]


def test_the_resource_keeps_output_and_exit_code(estate, unknown_fields):
    estate.world.clock.speed = 1
    answer = estate.send("PUT", COMMAND, LASTING)
    assert (answer.status, answer.body["properties"]["provisioningState"]) == (201, "Creating")
    assert "protectedParameters" not in answer.body["properties"]
    assert view(estate)["executionState"] == "Pending"
    estate.world.clock.jump(300)
    assert view(estate)["executionState"] == "Running"
    assert estate.finish(answer).body["status"] == "Succeeded"
    assert (view(estate)["executionState"], view(estate)["exitCode"], view(estate)["output"]) == ("Succeeded", 0, "rested\n")
    shown = estate.get(COMMAND, _expand="instanceView")
    assert unknown_fields(models.VirtualMachineRunCommand(shown), shown) == []
    assert "instanceView" not in estate.get(COMMAND)["properties"]
    assert [each["name"] for each in estate.get(f"{VM}/runCommands")["value"]] == ["look"]


def test_an_asynchronous_one_is_done_before_its_script(estate):
    estate.world.clock.speed = 1
    answer = estate.send("PUT", COMMAND, {**LASTING, "properties": {**LASTING["properties"], "asyncExecution": True}})
    estate.world.clock.jump(10)
    assert estate.follow(answer.headers["Azure-AsyncOperation"]).body["status"] == "Succeeded"
    assert view(estate)["executionState"] == "Running"
    estate.world.clock.jump(600)
    assert view(estate)["output"] == "rested\n"


def test_a_script_that_takes_too_long(estate):
    estate.put(COMMAND, {**LASTING, "properties": {**LASTING["properties"], "timeoutInSeconds": 60}})
    assert view(estate)["executionState"] == "TimedOut"


def test_a_failure_counts_only_when_asked_to(estate):
    path = f"{VM[:-3]}win/runCommands/look"
    properties = {"source": {"script": "is-active"}}
    answer = estate.send("PUT", path, {"location": "westeurope", "properties": properties})
    assert estate.finish(answer).body["status"] == "Succeeded"
    assert estate.get(path, _expand="instanceView")["properties"]["instanceView"]["exitCode"] == 1
    answer = estate.send("PATCH", path, {"properties": {"treatFailureAsDeploymentFailure": True}})
    assert answer.status == 200
    assert estate.finish(answer).body["error"]["code"] == "VMExtensionProvisioningError"
    assert estate.get(path)["properties"]["provisioningState"] == "Failed"


def test_delete(estate):
    estate.put(COMMAND, LASTING)
    estate.finish(estate.send("DELETE", COMMAND))
    assert estate.send("GET", COMMAND).status == 404
    assert estate.send("DELETE", COMMAND).status == 204


def test_answers_can_be_added_while_it_runs(estate):
    body = b'{"match": "hostname", "vm": "WEB", "stdout": "web\\n"}'
    assert control_request(estate, "POST", "/_simulator/run_commands", body).status == 201
    done = estate.finish(estate.send("POST", f"{VM}/runCommand", {**SCRIPT, "script": ["hostname"]})).body
    assert "[stdout]\nweb\n" in done["properties"]["output"]["value"][0]["message"]
    assert len(control_request(estate, "GET", "/_simulator/run_commands").body["run_commands"]) == 4
    assert control_request(estate, "DELETE", "/_simulator/run_commands").status == 204
    assert control_request(estate, "GET", "/_simulator/run_commands").body == {"run_commands": []}


@pytest.mark.parametrize("body", [b'{"match": "("}', b'{"exit": 1}', b'{"exit_code": "1"}'])
def test_a_wrong_answer_is_refused(estate, body):
    answer = control_request(estate, "POST", "/_simulator/run_commands", body)
    assert (answer.status, answer.body["error"]["code"]) == (400, "InvalidRunCommand")


def test_the_built_in_ones(azure):
    path = f"{azure.subscription}/providers/Microsoft.Compute/locations/westeurope/runCommands"
    assert "RunShellScript" in [each["id"] for each in azure.get(path)["value"]]
    assert azure.get(f"{path}/runpowershellscript")["osType"] == "Windows"
    assert azure.send("GET", f"{path}/nothing").status == 404


def test_a_vm_runs_one_script_of_the_action_at_a_time(estate):
    first = estate.send("POST", f"{VM}/runCommand", SCRIPT)
    refused = estate.send("POST", f"{VM}/runCommand", SCRIPT)
    assert (refused.status, refused.body["error"]["code"]) == (409, "Conflict")
    assert estate.send("POST", "Microsoft.Compute/virtualMachines/win/runCommand", {"commandId": "IPConfig"}).status == 202
    estate.finish(first)
    assert estate.send("POST", f"{VM}/runCommand", SCRIPT).status == 202


@pytest.mark.parametrize("path", [f"{VM}/runCommand", f"{COMMAND}"])
def test_a_script_can_change_the_agent(estate, path):
    answer = {"vm": "web", "agent": {"status": "Ready", "version": "2.15.0.1"}}
    assert control_request(estate, "POST", "/_simulator/run_commands", json.dumps(answer).encode()).status == 201
    body = SCRIPT if path.endswith("runCommand") else {"location": "westeurope", "properties": {"source": {"script": "renew"}}}
    estate.finish(estate.send("POST" if path.endswith("runCommand") else "PUT", path, body))
    assert estate.send("GET", f"{VM}/instanceView").body["vmAgent"]["vmAgentVersion"] == "2.15.0.1"
