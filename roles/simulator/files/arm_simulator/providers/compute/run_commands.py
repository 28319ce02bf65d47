# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripts run in a virtual machine: the action runCommand, and the resource runCommands.

No script is run: what it would print comes from run_results. Both forms need a VM that runs and an
agent that reports. The action says Succeeded whatever the script's exit code, the resource keeps
exit code and output in its instance view, as users have reported of Azure. Of the action's scripts a
VM runs one at a time, as in https://github.com/Azure/azure-cli/issues/19137.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ...core.clock import event
from ...core.messages import ArmError, Request, Response
from ...core.operations import operation
from ...core.regions import normalise
from ...core.router import route
from ...core.store import Document, public
from ...gateway.arm import not_found
from ..common.regional import compute_headers
from ..common.tracked import SUCCEEDED, merged, offset_time
from .instance_view import agent_is_ready, os_type
from .run_results import result_of
from .virtual_machines import VM, require
from .vm_actions import check_running
from .vm_extensions import GIVE_UP_SECONDS, silent_agent
from .vm_model import TYPE

if TYPE_CHECKING:
    from ...core.world import World

RUN_COMMANDS = f"{TYPE}/runCommands"
START_SECONDS = 5
"""How long it takes until a script has begun."""
TIMEOUT_SECONDS = 90 * 60
"""How long a script may run: https://learn.microsoft.com/azure/virtual-machines/linux/run-command-managed"""

_RUNNING = "run command actions"
_HIDDEN = ("protectedParameters", "runAsPassword")
_COMMAND = VM + "/runCommands/{command}"
_SCHEMA = "http://schema.management.azure.com/schemas/2016-11-17/runcommands.json"
_BUILT_IN = (
    ("RunShellScript", "Linux", "Executes a Linux shell script", "Custom script to be executed."),
    ("ifconfig", "Linux", "List network configuration", "Get the configuration of all network interfaces."),
    ("RunPowerShellScript", "Windows", "Executes a PowerShell script", "Custom script to be executed."),
    ("IPConfig", "Windows", "Show IP configuration", "Shows detailed information of the IP configuration."),
    ("EnableRemotePS", "Windows", "Enable remote PowerShell", "Enables remote PowerShell on the machine."),
)
_CATALOGUE = "/subscriptions/{sub}/providers/Microsoft.Compute/locations/{location}/runCommands"


# The action


@route("POST", VM + "/runCommand")
def run_command(world: World, request: Request) -> Response:
    vm = require(world, request)
    body = request.json()
    if not body.get("commandId"):
        raise ArmError(400, "InvalidParameter", "Required parameter 'commandId' is missing (null).", target="commandId")
    check_running(vm)
    _check_free(world, vm)
    result = result_of(world, vm, "\n".join(body.get("script") or [body["commandId"]]))
    seconds = result["seconds"] if agent_is_ready(world, vm) else GIVE_UP_SECONDS
    record = world.operations.begin("vm run command", vm["id"], seconds, system=os_type(vm), result=result)
    world.store.put(_RUNNING, vm["id"].lower(), {"operation": record["id"]})
    return Response(202, None, compute_headers(world, request, vm["location"], record, result=True))


def _check_free(world: World, vm: Document) -> None:
    last = world.store.get(_RUNNING, vm["id"].lower())
    record = world.operations.get(last["operation"]) if last else None
    if record and record["status"] == "InProgress":
        text = "Run command extension execution is in progress. Please wait for completion before invoking a run command."
        raise ArmError(409, "Conflict", text)


def _touch_agent(world: World, vm_id: str, agent: Document | None) -> None:
    """What the script has made of the VM agent."""
    vm = world.store.resource(vm_id)
    if vm is not None and agent:
        world.store.put_resource({**vm, "_agent": {**vm["_agent"], **agent}})


@operation("vm run command")
def _ran(world: World, record: Document) -> None:
    vm, result = world.store.resource(record["resource"]), record["args"]["result"]
    if vm is None:
        return
    if not agent_is_ready(world, vm):
        raise silent_agent(vm)
    if record["args"]["system"] == "Windows":
        streams = [("ComponentStatus/StdOut/succeeded", result["stdout"]), ("ComponentStatus/StdErr/succeeded", result["stderr"])]
    else:
        text = f"Enable succeeded: \n[stdout]\n{result['stdout']}\n[stderr]\n{result['stderr']}"
        streams = [("ProvisioningState/succeeded", text)]
    _touch_agent(world, vm["id"], result["agent"])
    value = [{"code": code, "level": "Info", "displayStatus": "Provisioning succeeded", "message": text} for code, text in streams]
    record["properties"] = {"output": {"value": value}}


@route("GET", _CATALOGUE)
def list_built_in(_world: World, _request: Request) -> Response:
    return Response(200, {"value": [_built_in(entry) for entry in _BUILT_IN]})


@route("GET", _CATALOGUE + "/{command}")
def get_built_in(_world: World, request: Request) -> Response:
    wanted = request.params["command"]
    entry = next((entry for entry in _BUILT_IN if entry[0].lower() == wanted.lower()), None)
    if entry is None:
        raise ArmError(404, "NotFound", f"The entity was not found: there is no run command '{wanted}'.")
    return Response(200, {**_built_in(entry), "script": [], "parameters": []})


def _built_in(entry: tuple[str, str, str, str]) -> Document:
    name, system, label, description = entry
    return {"$schema": _SCHEMA, "id": name, "osType": system, "label": label, "description": description}


# The resource


def _stored(world: World, request: Request) -> tuple[Document, str, Document | None]:
    """The VM, the command's id and the command if there is one."""
    vm = require(world, request)
    command_id = f"{vm['id']}/runCommands/{request.params['command']}"
    command = world.store.resource(command_id)
    return vm, command["id"] if command else command_id, command


def _existing(world: World, request: Request) -> tuple[Document, Document]:
    vm, command_id, command = _stored(world, request)
    if command is None:
        raise not_found(command_id)
    return vm, command


@route("PUT", _COMMAND)
def put_command(world: World, request: Request) -> Response:
    vm, command_id, existing = _stored(world, request)
    body = request.json()
    document = {
        "name": command_id.rpartition("/")[2],
        "id": command_id,
        "type": RUN_COMMANDS,
        "location": normalise(body.get("location") or vm["location"]),
        "properties": {"asyncExecution": False, "timeoutInSeconds": 0, **(body.get("properties") or {})},
    }
    if body.get("tags"):
        document["tags"] = body["tags"]
    return _begin(world, request, vm, document, existing)


@route("PATCH", _COMMAND)
def patch_command(world: World, request: Request) -> Response:
    vm, command = _existing(world, request)
    body = request.json()
    changed = merged(public(command), {key: body[key] for key in ("tags", "properties") if key in body})
    return _begin(world, request, vm, changed, command)


def _begin(world: World, request: Request, vm: Document, document: Document, existing: Document | None) -> Response:
    """Store the command, and let its script begin in a moment."""
    check_running(vm)
    properties = {key: value for key, value in document["properties"].items() if key not in _HIDDEN}
    source = properties.get("source") or {}
    script = source.get("script") or source.get("scriptUri") or source.get("commandId")
    if not script:
        raise ArmError(400, "InvalidParameter", "Required parameter 'source' is missing (null).", target="source")
    result = result_of(world, vm, script)
    properties["provisioningState"] = "Updating" if existing else "Creating"
    private = {"_view": {"executionState": "Pending"}, "_run": world.new_id()}
    stored = world.store.put_resource({**document, "properties": properties, **private})
    seconds = GIVE_UP_SECONDS
    if agent_is_ready(world, vm):
        timeout = properties["timeoutInSeconds"] or TIMEOUT_SECONDS
        lasts = min(result["seconds"], timeout)
        # An operation that waits for the script ends after it.
        seconds = START_SECONDS if properties["asyncExecution"] else START_SECONDS + lasts + 1
        about = {"id": stored["id"], "run": stored["_run"]}
        world.clock.at(world.clock.after(START_SECONDS), "script starts", **about, result=result, lasts=lasts)
    record = world.operations.begin("vm run command write", stored["id"], seconds, vm=vm["id"])
    return Response(200 if existing else 201, public(stored), compute_headers(world, request, vm["location"], record))


@event("script starts")
def _script_starts(world: World, args: Document) -> None:
    view = {"executionState": "Running", "startTime": offset_time(world.clock.now())}
    if _show(world, args, view):
        world.clock.at(world.clock.after(args["lasts"]), "script ends", **args, started=view["startTime"])


@event("script ends")
def _script_ends(world: World, args: Document) -> None:
    result = args["result"]
    state = "Succeeded" if result["exit_code"] == 0 else "Failed"
    view = {"exitCode": result["exit_code"], "output": result["stdout"], "error": result["stderr"]}
    if args["lasts"] < result["seconds"]:
        state, view = "TimedOut", {"executionMessage": "The script ran longer than it was allowed to.", "output": "", "error": ""}
    if _show(world, args, {"executionState": state, **view, "startTime": args["started"], "endTime": offset_time(world.clock.now())}):
        _touch_agent(world, args["id"].rpartition("/runCommands/")[0], result["agent"])


def _show(world: World, args: Document, view: Document) -> bool:
    """Keep the view of a run, unless the command has gone or has been run anew since."""
    command = world.store.resource(args["id"])
    current = command is not None and command["_run"] == args["run"]
    if command is not None and current:
        world.store.put_resource({**command, "_view": view})
    return current


def _settle_as(state: str, world: World, record: Document) -> None:
    command = world.store.resource(record["resource"])
    if command is not None:
        world.store.put_resource({**command, "properties": {**command["properties"], "provisioningState": state}})


@operation("vm run command write", failed=partial(_settle_as, "Failed"))
def _written(world: World, record: Document) -> None:
    command, vm = world.store.resource(record["resource"]), world.store.resource(record["args"]["vm"])
    if command is None or vm is None:
        return
    if not agent_is_ready(world, vm):
        raise silent_agent(vm)
    failed = command["_view"]["executionState"] in ("Failed", "TimedOut")
    if failed and command["properties"].get("treatFailureAsDeploymentFailure"):
        raise ArmError(
            200,
            "VMExtensionProvisioningError",
            f"VM has reported a failure when processing run command '{command['name']}'. "
            f"Error message: \"The script ended with exit code {command['_view'].get('exitCode')}.\".",
        )
    _settle_as(SUCCEEDED, world, record)


def _shown(command: Document, request: Request) -> Document:
    document = public(command)
    if "instanceview" in request.query.get("$expand", "").lower():
        view = {"executionMessage": "", "exitCode": 0, "output": "", "error": "", **command["_view"], "statuses": []}
        document["properties"] = {**command["properties"], "instanceView": view}
    return document


@route("GET", _COMMAND)
def get_command(world: World, request: Request) -> Response:
    return Response(200, _shown(_existing(world, request)[1], request))


@route("GET", VM + "/runCommands")
def list_commands(world: World, request: Request) -> Response:
    vm = require(world, request)
    return Response(200, {"value": [_shown(command, request) for command in world.store.list(RUN_COMMANDS, vm["id"])]})


@route("DELETE", _COMMAND)
def delete_command(world: World, request: Request) -> Response:
    vm, command_id, command = _stored(world, request)
    if command is None:
        return Response(204)
    record = world.operations.begin("vm run command delete", command_id, START_SECONDS)
    return Response(202, None, compute_headers(world, request, vm["location"], record, result=True))


@operation("vm run command delete")
def _removed(world: World, record: Document) -> None:
    world.store.delete_resource(record["resource"])
