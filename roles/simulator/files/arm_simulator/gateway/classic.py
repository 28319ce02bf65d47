# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The classic service, Azure Service Management: XML over the paths /{subscription}/cloudservices, from before Resource Manager.

Azure has retired it. What is known of it are exchanges recorded in 2017, in the repository Azure/azure-sdk-for-net below
src/ServiceManagement/RecoveryServicesVaultUpgrade, and the form of a cloud service in Azure/azure-resource-provider-sdk.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from ..core.messages import ArmError, Request, Response
from ..core.router import classic_router
from ..identity.access import is_co_administrator
from ..identity.entra import check_token
from .arm import GUID, attend

if TYPE_CHECKING:
    from ..core.faults import Fault
    from ..core.world import World

NAMESPACE = "http://schemas.microsoft.com/windowsazure"
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
VERSION = re.compile(r"\d{4}-\d{2}-\d{2}")

ElementTree.register_namespace("i", _INSTANCE)


def is_classic(path: str) -> bool:
    segments = path.strip("/").split("/")
    return len(segments) > 1 and bool(GUID.fullmatch(segments[0])) and segments[1].lower() == "cloudservices"


def dispatch(world: World, request: Request) -> Response:
    """Answer a classic request; never raises."""
    response = attend(world, request, "arm", lambda fault: _answer(world, request, fault))
    if isinstance(response.body, dict):
        error = response.body.get("error") or {}
        response.body = xml("Error", {"Code": error.get("code"), "Message": error.get("message"), "Details": error.get("details")})
    response.headers["Content-Type"] = "application/xml; charset=utf-8"
    return response


def _answer(world: World, request: Request, fault: Fault | None) -> Response:
    request.caller = check_token(world, request)
    _check(world, request)
    handler, request.params, methods = classic_router.find(request.method, request.path)
    if handler is None:
        raise ArmError(405 if methods else 404, "ResourceNotFound", "The resource service name or the operation is not known.")
    if request.method != "GET":
        world.store.begin_write()
    if fault:
        world.operations.next_fault, world.operations.next_hangs = fault.fail_operation, fault.hang_operation
    return handler(world, request)


def _check(world: World, request: Request) -> None:
    """What the service asks of every request: the version header, the subscription, and an administrator of it."""
    if not VERSION.fullmatch(request.headers.get("x-ms-version", "")):
        raise ArmError(400, "MissingOrIncorrectVersionHeader", "The versioning header is not specified or was specified incorrectly.")
    subscription = request.path.strip("/").split("/")[0]
    if subscription.lower() != world.settings.subscription_id.lower() or not is_co_administrator(world, request.caller):
        message = "The server failed to authenticate the request. Verify that the certificate is valid and is associated with this subscription."
        raise ArmError(403, "ForbiddenError", message)


# XML, as .NET's DataContractSerializer writes and reads it.


def xml(name: str, value: Any) -> bytes:
    """A document. Objects are nested elements, a list of pairs is a list of elements, None is nil."""
    root = _element(name, value)
    root.set("xmlns", NAMESPACE)
    return ElementTree.tostring(root)


def _element(name: str, value: Any) -> ElementTree.Element:
    element = ElementTree.Element(name)
    if value is None:
        element.set(f"{{{_INSTANCE}}}nil", "true")
    elif isinstance(value, Mapping):
        element.extend(_element(key, each) for key, each in value.items())
    elif isinstance(value, list):
        element.extend(_element(key, each) for key, each in value)
    else:
        element.text = str(value)
    return element


def read(body: bytes, root: str) -> dict[str, str]:
    """The texts of a document's elements by name."""
    try:
        found = ElementTree.fromstring(body)
    except ElementTree.ParseError as exc:
        raise ArmError(400, "InvalidXmlRequest", f"The request body's XML was invalid or not correctly specified: {exc}.") from exc
    if found.tag != f"{{{NAMESPACE}}}{root}":
        raise ArmError(400, "InvalidXmlRequest", f"The request body's XML was invalid or not correctly specified: {root} is expected.")
    return {each.tag.rpartition("}")[2]: each.text or "" for each in found}
