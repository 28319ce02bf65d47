# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images, extensions and sizes."""

from __future__ import annotations

import pytest
from azure.mgmt.compute import models

PLACE = "providers/Microsoft.Compute/locations/westeurope"
SKU = "publishers/canonical/artifacttypes/vmimage/offers/ubuntu-24_04-lts/skus/server/versions"


def test_images_level_by_level(azure):
    base = f"{azure.subscription}/{PLACE}"
    assert "Canonical" in [each["name"] for each in azure.get(f"{base}/publishers")]
    offers = azure.get(f"{base}/publishers/Canonical/artifacttypes/vmimage/offers")
    assert offers[0]["id"] == (
        f"/Subscriptions/{azure.world.settings.subscription_id}/Providers/Microsoft.Compute/Locations/westeurope"
        "/Publishers/Canonical/ArtifactTypes/VMImage/Offers/ubuntu-24_04-lts"
    )
    assert [each["name"] for each in azure.get(f"{base}/{SKU.rpartition('/server')[0]}")] == ["server"]
    newest = azure.get(f"{base}/{SKU}", _top="1", _orderby="name desc")
    assert [each["name"] for each in newest] == ["24.04.202409120"]


@pytest.mark.parametrize("version", ["latest", "24.04.202404230"])
def test_one_version(azure, unknown_fields, version):
    image = azure.get(f"{azure.subscription}/{PLACE}/{SKU}/{version}")
    assert image["properties"]["hyperVGeneration"] == "V2"
    recorded = {".properties.replicaType", ".properties.replicaCount", ".properties.osDiskImage.sizeInGb"}
    assert set(unknown_fields(models.VirtualMachineImage(image), image)) <= recorded


@pytest.mark.parametrize(
    "path",
    [
        "publishers/nobody/artifacttypes/vmimage/offers",
        "publishers/Canonical/artifacttypes/vmimage/offers/none/skus",
        f"{SKU}/1.0",
        "publishers/Microsoft.Compute/artifacttypes/vmextension/types/None/versions",
    ],
)
def test_what_is_not_there(azure, path):
    answer = azure.send("GET", f"{azure.subscription}/{PLACE}/{path}")
    assert (answer.status, answer.body["error"]["code"]) == (404, "NotFound")


def test_extensions(azure):
    types = f"{azure.subscription}/{PLACE}/publishers/Microsoft.Azure.RecoveryServices/artifacttypes/vmextension/types"
    assert [each["name"] for each in azure.get(types)] == ["VMSnapshot", "VMSnapshotLinux"]
    version = azure.get(f"{types}/VMSnapshotLinux/versions")[0]["name"]
    assert azure.get(f"{types}/VMSnapshotLinux/versions/{version}")["properties"]["operatingSystem"] == "Linux"


def test_sizes_and_resource_skus(azure, unknown_fields):
    sizes = azure.get(f"{azure.subscription}/{PLACE}/vmSizes")["value"]
    skus = azure.get(f"{azure.subscription}/providers/Microsoft.Compute/skus", _filter="location eq 'westus'")["value"]
    assert [each["name"] for each in sizes] == [each["name"] for each in skus]
    assert {place for each in skus for place in each["locations"]} == {"westus"}
    assert skus[0]["locationInfo"][0]["zones"] == []
