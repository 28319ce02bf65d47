# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What virtual machines can be made of: images, extensions, sizes. The same few in every region.

Images and extensions are lists without pages, as recorded. A VM may be made from an image that is not
among them, for Azure has thousands.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.messages import ArmError, Request, Response
from ...core.regions import REGIONS, normalise
from ...core.router import route
from ...core.store import Document
from .virtual_machines import VM, require

if TYPE_CHECKING:
    from ...core.world import World

_DATA: dict[str, Any] = json.loads((Path(__file__).parents[2] / "data" / "vm_catalogue.json").read_text(encoding="utf-8"))
IMAGES: dict[str, dict[str, dict[str, Document]]] = _DATA["images"]
"""Publisher: offer: SKU: {system, generation, gb, versions (oldest first), security?, deprecated?}."""
EXTENSIONS: dict[str, dict[str, list[str]]] = _DATA["extensions"]
"""Publisher: type: versions."""
SIZES: list[list[Any]] = _DATA["sizes"]
"""Name, cores, MB of memory, data disks: https://learn.microsoft.com/azure/virtual-machines/sizes/overview"""

_COMPUTE = "/subscriptions/{sub}/providers/Microsoft.Compute"
_PUBLISHERS = _COMPUTE + "/locations/{location}/publishers"
_OFFERS = _PUBLISHERS + "/{publisher}/artifacttypes/vmimage/offers"
_SKUS = _OFFERS + "/{offer}/skus"
_VERSIONS = _SKUS + "/{sku}/versions"
_TYPES = _PUBLISHERS + "/{publisher}/artifacttypes/vmextension/types"
_LABELS = {"publishers": "Publishers", "artifacttypes": "ArtifactTypes", "offers": "Offers", "skus": "Skus", "types": "Types", "versions": "Versions"}
_KINDS = {"vmimage": "VMImage", "vmextension": "VMExtension"}


def _pick(entries: dict[str, Any], name: str, what: str) -> Any:
    """An entry by its name in any letter case."""
    for key, value in entries.items():
        if key.lower() == name.lower():
            return value
    raise ArmError(404, "NotFound", f"Artifact: {what} was not found.")


def _entries(request: Request, names: Iterable[str], **extra: Any) -> Response:
    """The list that a path answers: an entry is named by the path and its own name."""
    return Response(200, [{**_entry(request, name), **extra} for name in names])


def _entry(request: Request, name: str) -> Document:
    """Ids of the catalogue begin with /Subscriptions and have capitals of their own, as recorded."""
    parts = request.path.strip("/").split("/")[4:]
    words = [_KINDS.get(part.lower(), part) if place % 2 else _LABELS.get(part.lower(), part) for place, part in enumerate(parts)]
    tail = "/".join(["Locations", *words[1:]])
    base = f"/Subscriptions/{request.params['sub']}/Providers/Microsoft.Compute"
    return {"location": request.params["location"], "name": name, "id": f"{base}/{tail}{'' if words[-1] == name else '/' + name}"}


@route("GET", _PUBLISHERS)
def list_publishers(_world: World, request: Request) -> Response:
    return _entries(request, [*IMAGES, *EXTENSIONS])


@route("GET", _OFFERS)
def list_offers(_world: World, request: Request) -> Response:
    return _entries(request, _pick(IMAGES, request.params["publisher"], "PublisherName"))


def _offer(request: Request) -> dict[str, Document]:
    return _pick(_pick(IMAGES, request.params["publisher"], "PublisherName"), request.params["offer"], "VMImage")


@route("GET", _SKUS)
def list_image_skus(_world: World, request: Request) -> Response:
    return _entries(request, _offer(request))


@route("GET", _VERSIONS)
def list_versions(_world: World, request: Request) -> Response:
    versions = _pick(_offer(request), request.params["sku"], "VMImage")["versions"]
    if request.query.get("$orderby", "").lower() == "name desc":
        versions = versions[::-1]
    top = request.query.get("$top", "")
    return _entries(request, versions[: int(top)] if top.isdigit() else versions)


@route("GET", _VERSIONS + "/{version}")
def get_version(_world: World, request: Request) -> Response:
    image = _pick(_offer(request), request.params["sku"], "VMImage")
    version = request.params["version"]
    if version == "latest":
        version = image["versions"][-1]
    if version not in image["versions"]:
        raise ArmError(404, "NotFound", "Artifact: VMImage was not found.")
    return Response(200, {"properties": _image(image), **_entry(request, version)})


def _image(image: Document) -> Document:
    second = image["generation"] == "V2"
    size = {"sizeInGb": image["gb"]} if second else {"sizeInBytes": image["gb"] * 1024**3 + 512}
    features = [{"name": "SecurityType", "value": image["security"]}] if "security" in image else []
    features += [{"name": "IsAcceleratedNetworkSupported", "value": "True"}, {"name": "DiskControllerTypes", "value": "SCSI"}]
    return {
        "hyperVGeneration": image["generation"],
        "architecture": "x64",
        "replicaType": "Managed" if second else "Unmanaged",
        **({"replicaCount": 10} if second else {}),
        "disallowed": {"vmDiskType": "Unmanaged" if second else "None"},
        "automaticOSUpgradeProperties": {"automaticOSUpgradeSupported": not second},
        "imageDeprecationStatus": image.get("deprecated") or {"imageState": "Active"},
        "features": [*features, {"name": "IsHibernateSupported", "value": "False"}],
        "osDiskImage": {"operatingSystem": image["system"], **size},
        "dataDiskImages": [],
    }


def _types(request: Request) -> dict[str, Any]:
    """The extensions of a publisher; one that is not known is called by its name (recorded traffic)."""
    publisher = request.params["publisher"]
    if publisher.lower() not in map(str.lower, EXTENSIONS):
        raise ArmError(404, "NotFound", f"Publisher: {publisher} was not found.")
    types: dict[str, Any] = _pick(EXTENSIONS, publisher, "PublisherName")
    return types


@route("GET", _TYPES)
def list_extension_types(_world: World, request: Request) -> Response:
    return _entries(request, _types(request))


@route("GET", _TYPES + "/{type}/versions")
def list_extension_versions(_world: World, request: Request) -> Response:
    return _entries(request, _pick(_types(request), request.params["type"], "VMExtension"))


@route("GET", _TYPES + "/{type}/versions/{version}")
def get_extension_version(_world: World, request: Request) -> Response:
    if request.params["version"] not in _pick(_types(request), request.params["type"], "VMExtension"):
        raise ArmError(404, "NotFound", "Artifact: VMExtension was not found.")
    system = "Windows" if "Windows" in request.params["type"] or request.params["type"] == "VMSnapshot" else "Linux"
    about = {"operatingSystem": system, "computeRole": "IaaS", "vmScaleSetEnabled": False, "supportsMultipleExtensions": False}
    return Response(200, {"properties": about, **_entry(request, request.params["version"])})


# Sizes


def _sizes() -> Response:
    return Response(
        200,
        {
            "value": [
                {
                    "name": name,
                    "numberOfCores": cores,
                    "osDiskSizeInMB": 1047552,
                    "resourceDiskSizeInMB": 0,
                    "memoryInMB": memory,
                    "maxDataDiskCount": data_disks,
                }
                for name, cores, memory, data_disks in SIZES
            ]
        },
    )


@route("GET", _COMPUTE + "/locations/{location}/vmSizes")
def list_sizes(_world: World, _request: Request) -> Response:
    return _sizes()


@route("GET", VM + "/vmSizes")
def list_sizes_of_vm(world: World, request: Request) -> Response:
    require(world, request)
    return _sizes()


@route("GET", _COMPUTE + "/skus")
def list_resource_skus(_world: World, request: Request) -> Response:
    """The sizes as resource SKUs; $filter knows location eq '...', as Azure's."""
    wanted = request.query.get("$filter", "").replace('"', "'").split("'")
    location = normalise(wanted[1]) if len(wanted) > 1 else "westeurope"
    return Response(200, {"value": [_resource_sku(location, *size) for size in SIZES]})


def _resource_sku(location: str, name: str, cores: int, memory: int, data_disks: int) -> Document:
    capabilities = {
        "vCPUs": cores,
        "MemoryGB": memory / 1024,
        "MaxDataDiskCount": data_disks,
        "HyperVGenerations": "V1,V2",
        "CpuArchitectureType": "x64",
        "PremiumIO": True,
        "AcceleratedNetworkingEnabled": cores > 1,
        "EphemeralOSDiskSupported": False,
        "EncryptionAtHostSupported": True,
    }
    tier, family = name.split("_", 1)
    zones = ["1", "2", "3"] if location in REGIONS and REGIONS[location].zones else []
    return {
        "resourceType": "virtualMachines",
        "name": name,
        "tier": tier,
        "size": family,
        "family": f"{tier.lower()}{family[0]}Family",
        "locations": [location],
        "locationInfo": [{"location": location, "zones": zones, "zoneDetails": []}],
        "capabilities": [{"name": key, "value": f"{value:g}" if isinstance(value, float) else str(value)} for key, value in capabilities.items()],
        "restrictions": [],
    }
