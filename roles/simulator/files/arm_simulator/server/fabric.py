# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a VM finds at 168.63.129.16 and 169.254.169.254, for real guests of this machine: the wire server, its host plugin
and the instance metadata.

It holds what the VM agent asks for (https://github.com/Azure/WALinuxAgent): a goal state without extensions, and places for
its health, its status and its telemetry. Request.caller is the guest's address.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
from html import escape
from typing import TYPE_CHECKING, Any

from ..core.messages import ArmError, Request, Response
from ..core.router import Router
from ..core.store import Document
from ..providers.compute import guests
from ..providers.compute.instance_view import os_type

if TYPE_CHECKING:
    from ..core.world import World

PROTOCOL = "2015-04-05"
_ROOT = "/root"  # how the router has the path "/"
_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'
log = logging.getLogger(__name__)
fabric_router = Router()
route = fabric_router.route


def answer(world: World, request: Request) -> Response:
    """Answer a guest; never raises."""
    handler, params, methods = fabric_router.find(request.method, request.path if request.path.strip("/") else _ROOT)
    request.params = params
    log.info("guest %s: %s %s %s", request.caller, request.method, request.path, request.query.get("comp", ""))
    try:
        world.clock.run_due()
        if handler is None:
            return Response(405 if methods else 404)
        with world.store.batch():
            return handler(world, request)
    except ArmError as exc:
        return Response(exc.status, exc.message.encode(), {"Content-Type": "text/plain"})
    except Exception:
        log.exception("%s %s", request.method, request.path)
        return Response(500)


def _vm(world: World, request: Request) -> Document:
    vm = guests.vm_at(world, request.caller)
    if vm is None:
        raise ArmError(403, "Forbidden", f"The address {request.caller} stands for no VM; set its guest_address.")
    return vm


def _quoted(text: str) -> str:
    """An attribute's value. The standard library's quoteattr would bring urllib.request along, a twentieth of the start's time."""
    return f'"{escape(text)}"'


def _xml(text: str) -> Response:
    return Response(200, (_DECLARATION + text).encode(), {"Content-Type": "text/xml; charset=utf-8"})


# The wire server


@route("GET", _ROOT)
def versions(world: World, request: Request) -> Response:
    """Asked by everybody first; needs no VM."""
    if request.query.get("comp", "").lower() != "versions":
        return Response(404)
    return _xml(
        f"<Versions><Preferred><Version>{PROTOCOL}</Version></Preferred>"
        f"<Supported><Version>{PROTOCOL}</Version><Version>2012-11-30</Version></Supported></Versions>"
    )


@route("GET", "/machine")
def machine(world: World, request: Request) -> Response:
    vm = _vm(world, request)
    if request.query.get("comp", "").lower() != "goalstate":
        return Response(404)
    container, instance = _container(vm), escape(f"_{vm['name']}")
    base = f"http://{escape(request.headers.get('host', ''))}/machine/{container}/{instance}?comp=config&amp;incarnation=1&amp;type="
    return _xml(
        f"<GoalState><Version>{PROTOCOL}</Version><Incarnation>1</Incarnation>"
        "<Machine><ExpectedState>Started</ExpectedState><StopRolesDeadlineHint>300000</StopRolesDeadlineHint>"
        "<LBProbePorts><Port>16001</Port></LBProbePorts><ExpectHealthReport>FALSE</ExpectHealthReport></Machine>"
        f"<Container><ContainerId>{container}</ContainerId><RoleInstanceList><RoleInstance>"
        f"<InstanceId>{instance}</InstanceId><State>Started</State><Configuration>"
        f"<HostingEnvironmentConfig>{base}hostingEnvironmentConfig</HostingEnvironmentConfig>"
        f"<SharedConfig>{base}sharedConfig</SharedConfig><ExtensionsConfig>{base}extensionsConfig</ExtensionsConfig>"
        f"<ConfigName>{container}.0.{container}.0.{instance}.1.xml</ConfigName>"
        "</Configuration></RoleInstance></RoleInstanceList></Container></GoalState>"
    )


@route("GET", "/machine/{container}/{instance}")
def configuration(world: World, request: Request) -> Response:
    vm = _vm(world, request)
    make = _CONFIGURATIONS.get(request.query.get("type", "").lower())
    return _xml(make(vm, request.headers.get("host", ""))) if make else Response(404)


def _container(vm: Document) -> str:
    return str(vm["properties"]["vmId"])


def _deployment(vm: Document) -> str:
    guid = _quoted(f"{{{_container(vm)}}}")
    return (
        f'<Deployment name={_quoted(_container(vm))} guid={guid} incarnation="0">'
        f'<Service name="simulated" guid={guid}/><ServiceInstance name="simulated.0" guid={guid}/></Deployment>'
    )


def _hosting_environment(vm: Document, _host: str) -> str:
    name, guid = _quoted(f"_{vm['name']}"), _quoted(f"{{{_container(vm)}}}")
    return (
        f'<HostingEnvironmentConfig version="1.0.0.0" goalStateIncarnation="1"><StoredCertificates/>{_deployment(vm)}'
        f'<Incarnation number="1" instance={name} guid={guid}/>'
        f'<Role guid={guid} name={name} hostingEnvironmentVersion="1" software="" softwareType="ApplicationPackage"'
        ' entryPoint="" parameters="" settleTimeSeconds="10"/>'
        '<HostingEnvironmentSettings name="full" Runtime="simulated"><CAS mode="full"/></HostingEnvironmentSettings>'
        "<ApplicationSettings/><ResourceReferences/></HostingEnvironmentConfig>"
    )


def _shared_config(vm: Document, _host: str) -> str:
    name, guid = _quoted(f"_{vm['name']}"), _quoted(f"{{{_container(vm)}}}")
    return (
        f'<SharedConfig version="1.0.0.0" goalStateIncarnation="1">{_deployment(vm)}'
        f'<Incarnation number="1" instance={name} guid={guid}/><Role guid={guid} name={name} settleTimeSeconds="10"/>'
        '<LoadBalancerSettings timeoutSeconds="0" waitLoadBalancerProbeCount="8"/><OutputEndpoints/>'
        f'<Instances><Instance id={name} address=""><FaultDomains randomId="0" updateId="0" updateCount="0"/></Instance></Instances></SharedConfig>'
    )


def _extensions_config(vm: Document, host: str) -> str:
    base = f"http://{escape(host)}"
    return (
        '<Extensions version="1.0.0.0" goalStateIncarnation="1"><GuestAgentExtension><GAFamilies><GAFamily><Name>Prod</Name>'
        f"<Uris><Uri>{base}/manifest/Prod.xml</Uri></Uris></GAFamily></GAFamilies></GuestAgentExtension><Plugins/><PluginSettings/>"
        f'<StatusUploadBlob statusBlobType="BlockBlob">{base}/status/{_container(vm)}</StatusUploadBlob></Extensions>'
    )


_CONFIGURATIONS = {
    "hostingenvironmentconfig": _hosting_environment,
    "sharedconfig": _shared_config,
    "extensionsconfig": _extensions_config,
}


@route("GET", "/manifest/{family}")
def manifest(world: World, request: Request) -> Response:
    """No version of the agent to update to."""
    return _xml("<PluginVersionManifest><Plugins/></PluginVersionManifest>")


@route("POST", "/machine")
@route("POST", "/HealthService")
def take(world: World, request: Request) -> Response:
    """Health, role properties and telemetry: heard, and no more."""
    _vm(world, request)
    return Response(200)


@route("PUT", "/status/{blob}")
def put_status(world: World, request: Request) -> Response:
    """The blob that the agent writes its status to; in Azure it is one of a storage account."""
    guests.report(world, _vm(world, request), _parsed(request.body))
    return Response(201)


# Its host plugin, at port 32526


@route("GET", "/versions")
def plugin_versions(world: World, request: Request) -> Response:
    return Response(200, ["2015-09-01"])


@route("GET", "/health")
def plugin_health(world: World, request: Request) -> Response:
    return Response(200)


@route("PUT", "/status")
def plugin_status(world: World, request: Request) -> Response:
    """{content: the status blob in base64}, which an agent sends this way when it does not reach the storage account."""
    envelope = _parsed(request.body)
    try:
        content = base64.b64decode(str(envelope.get("content", "")) if isinstance(envelope, dict) else "")
    except binascii.Error:
        return Response(400)
    guests.report(world, _vm(world, request), _parsed(content))
    return Response(200)


@route("PUT", "/vmAgentLog")
def plugin_log(world: World, request: Request) -> Response:
    return Response(200)


def _parsed(content: bytes) -> Any:
    """JSON; a page blob is padded with zeros."""
    try:
        return json.loads(content.rstrip(b"\0"))
    except ValueError as exc:
        raise ArmError(400, "InvalidStatus", f"The status is not JSON: {exc}.") from exc


# The instance metadata


@route("GET", "/metadata/instance")
def instance(world: World, request: Request) -> Response:
    return Response(200, {"compute": _compute(world, request)})


@route("GET", "/metadata/instance/compute")
def compute(world: World, request: Request) -> Response:
    return Response(200, _compute(world, request))


def _compute(world: World, request: Request) -> Document:
    """A part of https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service"""
    if request.headers.get("metadata", "").lower() != "true":
        raise ArmError(400, "BadRequest", '{"error": "Bad request. Required metadata header not specified"}')
    if not request.api_version:
        raise ArmError(400, "BadRequest", '{"error": "Bad request. api-version was not specified in the request"}')
    vm = _vm(world, request)
    subscription, group = vm["id"].split("/")[2:5:2]
    tags = vm.get("tags") or {}
    return {
        "azEnvironment": "AzurePublicCloud",
        "location": vm["location"],
        "name": vm["name"],
        "osType": os_type(vm),
        "resourceGroupName": group,
        "resourceId": vm["id"],
        "subscriptionId": subscription,
        "tagsList": [{"name": name, "value": value} for name, value in tags.items()],
        "vmId": vm["properties"]["vmId"],
        "vmSize": vm["properties"]["hardwareProfile"]["vmSize"],
        "zone": (vm.get("zones") or [""])[0],
    }
