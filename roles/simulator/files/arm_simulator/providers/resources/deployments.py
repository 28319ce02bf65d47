# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Template deployments to a resource group: each resource of the template is PUT to its own provider, those it depends on first.

No loops, no nested or linked templates, no complete mode.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...core.clock import event, iso, parse
from ...core.messages import ArmError, Request, Response
from ...core.router import GROUP, route, router
from ...core.store import Document
from ...gateway.arm import group_not_found, not_found, page
from ..common.tracked import group_id, make_id
from .template import Functions, TemplateError, evaluate, resource_id

if TYPE_CHECKING:
    from ...core.world import World

TYPE = "Microsoft.Resources/deployments"
START_SECONDS, LOOK_SECONDS = 5, 5
RETRY_SECONDS = 30
"""Seconds between polls (recorded gaps of 30 s)."""

_DEPLOYMENT = f"{GROUP}/providers/{TYPE}/{{deployment}}"
_MAX_TICKS = 2**63 - 1
_SECURE = ("securestring", "secureobject")
_HIDDEN = "********"


def _invalid(problem: str) -> ArmError:
    return ArmError(400, "InvalidTemplate", f"Deployment template validation failed: '{problem}.'.", gateway=True)


def _read(request: Request) -> Document:
    """The properties of the body. az leaves the key template without quotes, and Azure takes it so (recorded)."""
    request.body = re.sub(rb"([,{]\s*)template\s*:", rb'\1"template":', request.body, count=1)
    properties = request.json().get("properties") or {}
    if not isinstance(properties.get("template"), dict):
        raise ArmError(400, "InvalidRequestContent", "The request content is invalid: the property 'template' is required here.", gateway=True)
    if str(properties.get("mode", "Incremental")).lower() != "incremental":
        raise _invalid("The simulator knows the mode Incremental only")
    return properties


def _plan(world: World, request: Request) -> Document:
    """What has to be done, without the values of secrets: {scope, template, parameters, order}. Refuses what cannot be."""
    properties = _read(request)
    template = properties["template"]
    given = {name.lower(): each for name, each in (properties.get("parameters") or {}).items()}
    parameters: Document = {}
    for name, about in (template.get("parameters") or {}).items():
        value = given.get(name.lower(), {})
        if "value" not in value and "defaultValue" not in about:
            raise _invalid(f"The value for the template parameter '{name}' is not provided")
        secret = str(about.get("type", "")).lower() in _SECURE
        shown = _HIDDEN if secret else value.get("value", about.get("defaultValue"))
        parameters[name] = {"type": about.get("type", "String"), **({} if secret else {"value": shown})}
    plan = {"scope": group_id(world, request), "template": template, "parameters": parameters}
    try:
        return {**plan, "order": _ordered(world, plan)}
    except TemplateError as exc:
        raise _invalid(str(exc)) from exc


def _functions(world: World, plan: Document) -> Functions:
    """The functions that look at the deployment and its surroundings; their names are lower case."""
    scope, template = plan["scope"], plan["template"]
    functions: Functions = {}

    def find(entries: Document, what: str, name: str) -> Any:
        for key, value in entries.items():
            if key.lower() == name.lower():
                return value
        raise TemplateError(f"the {what} '{name}' is not there")

    def reference(target: str, _version: str = "", full: str = "") -> Any:
        document = world.store.resource(target) or _made(world, plan, target)
        if document is None:
            raise TemplateError(f"the resource '{target}' is not there")
        return document if full.lower() == "full" else document["properties"]

    functions["parameters"] = lambda name: evaluate(find(plan["parameters"], "parameter", name).get("value", _HIDDEN), functions)
    functions["variables"] = lambda name: evaluate(find(template.get("variables") or {}, "variable", name), functions)
    functions["resourceid"] = lambda *parts: resource_id(scope, *parts)
    functions["reference"] = reference
    functions["resourcegroup"] = lambda: {**(world.store.resource(scope) or {}), "id": scope}
    functions["subscription"] = lambda: {"id": "/".join(scope.split("/")[:3]), "subscriptionId": scope.split("/")[2]}
    return functions


def _made(world: World, plan: Document, name: str) -> Document | None:
    """The resource of the template that has this name."""
    ids = (each["id"] for each in plan["order"] if each["id"].rpartition("/")[2].lower() == name.lower())
    return next((document for document in map(world.store.resource, ids) if document), None)


def _flat(resources: Any, parent: tuple[str, str] | None = None) -> Iterator[Document]:
    """Every resource of a template; those inside others get whole types and names, and depend on the outer one."""
    for each in resources.values() if isinstance(resources, dict) else resources:
        entry = dict(each)
        if parent:
            kind, name = parent
            entry = {**entry, "type": f"{kind}/{each['type']}", "name": f"{name}/{each['name']}"}
            entry["dependsOn"] = [*each.get("dependsOn", []), f"{kind}/{name}"]
        inner = entry.pop("resources", [])
        yield entry
        yield from _flat(inner, (entry["type"], entry["name"]))


def _ordered(world: World, plan: Document) -> list[Document]:
    """[{id, version, body, location, needs}] of the template's resources, those first that others need; bodies not yet evaluated."""
    functions = _functions(world, plan)
    waiting = []
    for entry in _flat(plan["template"].get("resources") or []):
        if "copy" in entry or entry["type"].lower() == TYPE.lower():
            raise TemplateError(f"the resource '{entry['name']}' has a loop or is a nested template, which the simulator does not know")
        if evaluate(entry.get("condition", True), functions):
            names = evaluate(entry["name"], functions).split("/")
            waiting.append(
                {
                    "id": resource_id(plan["scope"], entry["type"], *names),
                    "version": entry.get("apiVersion", ""),
                    "body": {key: value for key, value in entry.items() if key not in ("name", "type", "apiVersion", "dependsOn", "condition", "comments")},
                    "location": evaluate(entry.get("location"), functions),
                    "needs": [evaluate(each, functions) for each in entry.get("dependsOn", [])],
                }
            )
    ids = [each["id"] for each in waiting]
    for each in waiting:
        each["needs"] = [other for need in each["needs"] for other in ids if _means(need, other)]
    ordered: list[Document] = []
    while waiting:
        done = {each["id"] for each in ordered}
        ready = [each for each in waiting if done.issuperset(each["needs"])]
        if not ready:
            raise TemplateError("the resources depend on each other in a circle")
        ordered += ready
        waiting = [each for each in waiting if each not in ready]
    return ordered


def _means(need: str, target: str) -> bool:
    """Whether an entry of dependsOn (an id, type/name, or a name) means a resource."""
    if need.startswith("/"):
        return need.lower() == target.lower()
    namespace, *parts = target.partition("/providers/")[2].split("/")
    forms = ("/".join([namespace, *parts[::2], *parts[1::2]]), "/".join([namespace, *parts]), "/".join(parts[1::2]))
    return need.lower() in {form.lower() for form in forms}


# Requests


def _shown(plan: Document, name: str, properties: Document) -> Document:
    namespaces: dict[str, dict[str, str | None]] = {}
    for each in plan["order"]:
        namespace, *parts = each["id"].partition("/providers/")[2].split("/")
        namespaces.setdefault(namespace, {})["/".join(parts[::2])] = each["location"]
    return {
        "id": f"{plan['scope']}/providers/{TYPE}/{name}",
        "name": name,
        "type": TYPE,
        "properties": {
            "templateHash": str(int.from_bytes(hashlib.sha256(json.dumps(plan["template"]).encode()).digest()[:8], "big")),
            "parameters": plan["parameters"],
            "mode": "Incremental",
            **properties,
            "providers": [
                {"namespace": namespace, "resourceTypes": [{"resourceType": kind, "locations": [place]} for kind, place in kinds.items()]}
                for namespace, kinds in namespaces.items()
            ],
            "dependencies": [{"dependsOn": [_named(need) for need in each["needs"]], **_named(each["id"])} for each in plan["order"] if each["needs"]],
        },
    }


def _named(resource: str) -> Document:
    namespace, *parts = resource.partition("/providers/")[2].split("/")
    return {"id": resource, "resourceType": "/".join([namespace, *parts[::2]]), "resourceName": "/".join(parts[1::2])}


@route("POST", _DEPLOYMENT + "/validate")
def validate(world: World, request: Request) -> Response:
    plan = _plan(world, request)
    state = {"provisioningState": "Succeeded", "timestamp": iso(world.clock.now()), "duration": "PT0S", "correlationId": world.new_id()}
    validated = {"validatedResources": [{"id": each["id"]} for each in plan["order"]]}
    return Response(200, _shown(plan, request.params["deployment"], {**state, **validated}))


@route("PUT", _DEPLOYMENT)
def deploy(world: World, request: Request) -> Response:
    plan = _plan(world, request)
    now = world.clock.now()
    ticks = int((now.timestamp() + 62_135_596_800) * 10_000_000)
    state = {"provisioningState": "Accepted", "timestamp": iso(now), "duration": "PT0S", "correlationId": world.new_id()}
    document = _shown(plan, request.params["deployment"], state)
    operation = f"{_MAX_TICKS - ticks:020d}"
    stored = world.store.put_resource({**document, "_plan": plan, "_operation": operation, "_begun": iso(now), "_error": None})
    world.clock.at(world.clock.after(START_SECONDS), "deployment starts", id=stored["id"], operation=operation)
    poll = f"{world.settings.base_url}{stored['id']}/operationStatuses/{operation}?api-version={request.api_version}"
    return Response(201, document, {"Azure-AsyncOperation": poll, "Retry-After": world.clock.retry_after(RETRY_SECONDS)})


def _require(world: World, request: Request) -> Document:
    deployment_id = make_id(world, request, TYPE, request.params["deployment"])
    document = world.store.resource(deployment_id)
    if document is None:
        raise ArmError(404, "DeploymentNotFound", f"Deployment '{request.params['deployment']}' could not be found.", gateway=True)
    return document


@route("GET", _DEPLOYMENT)
def get_deployment(world: World, request: Request) -> Response:
    return Response(200, _require(world, request))


@route("GET", f"{GROUP}/providers/{TYPE}")
def list_deployments(world: World, request: Request) -> Response:
    return page(world, request, world.store.list(TYPE, group_id(world, request)))


@route("DELETE", _DEPLOYMENT)
def delete_deployment(world: World, request: Request) -> Response:
    """The record of the deployment goes, what it made stays."""
    world.store.delete_resource(_require(world, request)["id"])
    return Response(204)


@route("GET", _DEPLOYMENT + "/operationStatuses/{operation}")
def poll_deployment(world: World, request: Request) -> Response:
    document = _require(world, request)
    if document["_operation"] != request.params["operation"]:
        raise not_found(f"{document['id']}/operationStatuses/{request.params['operation']}")
    state = document["properties"]["provisioningState"]
    body = {"status": state, **({"error": document["_error"]} if document["_error"] else {})}
    waiting = {} if state in ("Succeeded", "Failed") else {"Retry-After": world.clock.retry_after(RETRY_SECONDS)}
    return Response(200, body, waiting)


# What happens


def _current(world: World, args: Document) -> Document | None:
    """The deployment, unless it has gone or has been begun anew."""
    document = world.store.resource(args["id"])
    return document if document is not None and document["_operation"] == args["operation"] else None


@event("deployment starts")
def _start(world: World, args: Document) -> None:
    document = _current(world, args)
    if document is None:
        return
    plan = document["_plan"]
    try:
        for each in plan["order"]:
            _put(world, plan, each)
    except (ArmError, TemplateError) as exc:
        error = exc.error if isinstance(exc, ArmError) else {"code": "InvalidTemplate", "message": str(exc)}
        _end(world, document, "Failed", error)
        return
    world.store.put_resource({**document, "properties": {**document["properties"], "provisioningState": "Running"}})
    world.clock.at(world.clock.after(LOOK_SECONDS), "deployment goes on", **args)


def _put(world: World, plan: Document, each: Document) -> None:
    """The request that Resource Manager sends to a provider; it is none of the client's, so no ledger has it."""
    handler, params, _methods = router.find("PUT", each["id"])
    if handler is None:
        raise ArmError(400, "InvalidResourceType", f"The simulator cannot make '{each['id']}'.")
    if world.store.resource(plan["scope"]) is None:
        raise group_not_found(plan["scope"].rpartition("/")[2])
    body = _without_null(evaluate(each["body"], _functions(world, plan)))
    handler(world, Request("PUT", each["id"], {"api-version": each["version"]}, {}, json.dumps(body).encode(), params))


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_null(item) for key, item in value.items() if item is not None}
    return [_without_null(item) for item in value] if isinstance(value, list) else value


@event("deployment goes on")
def _look(world: World, args: Document) -> None:
    """It is over when all that it made is in a final state."""
    document = _current(world, args)
    if document is None:
        return
    made = [world.store.resource(each["id"]) for each in document["_plan"]["order"]]
    states = {each["id"]: each["properties"].get("provisioningState", "Succeeded") for each in made if each}
    failed = [name for name, state in states.items() if state == "Failed"]
    if failed:
        message = f"The resource operation completed with terminal provisioning state 'Failed': {', '.join(failed)}."
        _end(world, document, "Failed", {"code": "ResourceDeploymentFailure", "message": message})
    elif all(state == "Succeeded" for state in states.values()):
        _finish(world, document)
    else:
        world.clock.at(world.clock.after(LOOK_SECONDS), "deployment goes on", **args)


def _finish(world: World, document: Document) -> None:
    plan = document["_plan"]
    functions = _functions(world, plan)
    try:
        outputs = {
            name: {"type": each.get("type"), "value": evaluate(each.get("value"), functions)}
            for name, each in (plan["template"].get("outputs") or {}).items()
        }
    except TemplateError as exc:
        _end(world, document, "Failed", {"code": "DeploymentOutputEvaluationFailed", "message": str(exc)})
        return
    resources = [{"id": each} for each in sorted(each["id"] for each in plan["order"])]
    _end(world, document, "Succeeded", outputs=outputs, outputResources=resources)


def _end(world: World, document: Document, state: str, error: Document | None = None, **changes: Any) -> None:
    now = world.clock.now()
    seconds = (now - parse(document["_begun"])).total_seconds()
    changes |= {"provisioningState": state, "timestamp": iso(now), "duration": f"PT{seconds:.7f}S"}
    reason = None
    if error:
        reason = {
            "code": "DeploymentFailed",
            "message": "At least one resource deployment operation failed. Please list deployment operations for details. "
            "Please see https://aka.ms/arm-deployment-operations for usage details.",
            "details": [{"code": error["code"], "message": json.dumps({"error": error}, indent=2).replace("\n", "\r\n")}],
        }
        changes["error"] = reason
    world.store.put_resource({**document, "properties": {**document["properties"], **changes}, "_error": reason})
