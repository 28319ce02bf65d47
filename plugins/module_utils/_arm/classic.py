# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The classic service (Azure Service Management) as far as the upgrade of a Backup vault needs it: XML, on the pipeline of all clients.

Azure has retired it, and no client library speaks to it. Its exchanges were recorded in 2017:
https://github.com/Azure/azure-sdk-for-net/tree/f33424dcc8/src/ServiceManagement/RecoveryServicesVaultUpgrade
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

from .._core.errors import AzureBackupError
from .clouds import CLOUDS, Cloud
from .hints import hint

if TYPE_CHECKING:
    from .client import Arm

NAMESPACE = "http://schemas.microsoft.com/windowsazure"
VERSION = "2013-03-01"
NOT_CLASSIC = "NoClassicService"
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_OF_AZURE = {urlsplit(cloud.arm_url).hostname for cloud in CLOUDS.values()} | {
    "management.core.windows.net",
    "management.core.usgovcloudapi.net",
    "management.core.chinacloudapi.cn",
}


def endpoint(cloud: Cloud, classic_url: str | None) -> str:
    """The URL of the classic service, which a cloud of one's own has beside its Resource Manager. Azure itself has none any more."""
    url = (classic_url or cloud.arm_url).rstrip("/")
    if urlsplit(url).hostname in _OF_AZURE:
        raise AzureBackupError(
            "Azure has retired the classic service (Azure Service Management), and with it the upgrade of Backup vaults: nothing can be upgraded there.",
            code="ClassicServiceRetired",
            hint="Microsoft upgraded all Backup vaults by itself. The module vault_upgrade_info shows which vaults were upgraded, "
            "and the role modernize does the upgrades that vaults need today.",
        )
    return url


class ClassicService:
    """Cloud services and what is in them. place is the path of a vault, as services() and place() give it."""

    def __init__(self, arm: Arm, url: str) -> None:
        self._arm = arm
        self._url = url
        self._client = arm.xml_client(url)

    def services(self) -> list[dict[str, Any]]:
        """Every cloud service {Name, GeoRegion, Resources: [{ResourceProviderNamespace, Type, Name, State}]}."""
        root = self._send("list the classic cloud services", "GET", f"/{self._arm.subscription_id}/cloudservices")
        return [_object(each) | {"Resources": _objects(each, "Resources")} for each in root]

    def place(self, service: str, resource: dict[str, Any]) -> str:
        names = (service, "resources", resource["ResourceProviderNamespace"], "~", resource["Type"], resource["Name"])
        return f"/{self._arm.subscription_id}/cloudservices/" + "/".join(quote(each, safe="~") for each in names)

    def check(self, place: str, target: str) -> list[dict[str, Any]]:
        """What stands against the upgrade: [{Category, Code, Type, Message, Properties, RecommendedAction}], empty when nothing does."""
        try:
            self._send("check the prerequisites of the upgrade", "POST", f"{place}/checkPrereqsForUpgrade", target)
        except AzureBackupError as exc:
            if not exc.details:
                raise
            return list(exc.details)
        return []

    def start(self, place: str, target: str, operation_id: str) -> dict[str, Any]:
        """Begin the upgrade. The operation gets the id that the request has."""
        return _object(self._send("start the upgrade", "POST", f"{place}/upgrade", target, operation_id))

    def result(self, place: str) -> dict[str, Any] | None:
        """{OperationStatus, OperationResult, ErrorCode, Message} of the vault's last upgrade, None when there was none."""
        try:
            return _object(self._send("read the result of the upgrade", "GET", f"{place}/upgradeOperationResult"))
        except AzureBackupError as exc:
            if exc.status == 404 and exc.code != NOT_CLASSIC:
                return None
            raise

    def _send(self, doing: str, method: str, path: str, target: str | None = None, operation_id: str | None = None) -> ElementTree.Element:
        from azure.core.rest import HttpRequest

        headers = {"Accept": "application/xml", "x-ms-version": VERSION}
        if operation_id:
            headers["x-ms-client-request-id"] = operation_id
        body = None
        if target:
            headers["Content-Type"] = "application/xml"
            body = _input(target)
        response = self._arm.call(doing, self._client.send_request, HttpRequest(method, self._url + path, headers=headers, content=body))
        root = self._arm.call(doing, lambda: _parse(response.content))
        if root is None or root.tag.partition("}")[0] != f"{{{NAMESPACE}":
            raise AzureBackupError(
                f"Could not {doing}: {self._url} does not speak as the classic service does.",
                status=response.status_code,
                code=NOT_CLASSIC,
                hint="Set classic_url to the URL of a classic service; Azure itself has none any more.",
            )
        if response.status_code >= 400:
            raise _failure(doing, response, root)
        return root


def _input(target: str) -> bytes:
    root = ElementTree.Element("ResourceUpgradeInput", {"xmlns": NAMESPACE})
    ElementTree.SubElement(root, "NewResourcePath").text = target
    return ElementTree.tostring(root)


def _parse(body: bytes) -> ElementTree.Element | None:
    """None when it is no XML, or has a document type: that could name what is not in the answer."""
    if b"<!" in body:
        return None
    try:
        return ElementTree.fromstring(body)
    except ElementTree.ParseError:
        return None


def _object(element: ElementTree.Element) -> dict[str, Any]:
    """The texts of an element's children by name; None where they are nil."""
    return {each.tag.rpartition("}")[2]: None if each.get(_NIL) == "true" else each.text or "" for each in element if not len(each)}


def _objects(element: ElementTree.Element, name: str) -> list[dict[str, Any]]:
    found = element.find(f"{{{NAMESPACE}}}{name}")
    return [] if found is None else [_object(each) for each in found]


def _failure(doing: str, response: Any, root: ElementTree.Element) -> AzureBackupError:
    error = _object(root)
    code, message = error.get("Code"), " ".join(str(error.get("Message") or response.reason).split())
    return AzureBackupError(
        f"Could not {doing}: {message}",
        code=code,
        status=response.status_code,
        request_id=response.headers.get("x-ms-request-id"),
        hint=error.get("RecommendedAction") or hint(code, message),
        details=_objects(root, "Details") or None,
    )
