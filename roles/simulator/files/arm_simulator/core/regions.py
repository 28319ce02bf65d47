# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The regions of the simulated Azure, from https://learn.microsoft.com/azure/reliability/regions-list."""

from __future__ import annotations

from typing import NamedTuple


class Region(NamedTuple):
    display: str
    geography: str
    group: str
    pair: str
    zones: bool


REGIONS: dict[str, Region] = {
    "australiaeast": Region("Australia East", "Australia", "Asia Pacific", "australiasoutheast", True),
    "australiasoutheast": Region("Australia Southeast", "Australia", "Asia Pacific", "australiaeast", False),
    "brazilsouth": Region("Brazil South", "Brazil", "South America", "southcentralus", True),
    "canadacentral": Region("Canada Central", "Canada", "Canada", "canadaeast", True),
    "canadaeast": Region("Canada East", "Canada", "Canada", "canadacentral", False),
    "centralindia": Region("Central India", "India", "Asia Pacific", "southindia", True),
    "centralus": Region("Central US", "United States", "US", "eastus2", True),
    "eastasia": Region("East Asia", "Asia Pacific", "Asia Pacific", "southeastasia", True),
    "eastus": Region("East US", "United States", "US", "westus", True),
    "eastus2": Region("East US 2", "United States", "US", "centralus", True),
    "francecentral": Region("France Central", "France", "Europe", "francesouth", True),
    "francesouth": Region("France South", "France", "Europe", "francecentral", False),
    "germanynorth": Region("Germany North", "Germany", "Europe", "germanywestcentral", False),
    "germanywestcentral": Region("Germany West Central", "Germany", "Europe", "germanynorth", True),
    "italynorth": Region("Italy North", "Italy", "Europe", "", True),
    "japaneast": Region("Japan East", "Japan", "Asia Pacific", "japanwest", True),
    "japanwest": Region("Japan West", "Japan", "Asia Pacific", "japaneast", True),
    "koreacentral": Region("Korea Central", "Korea", "Asia Pacific", "koreasouth", True),
    "koreasouth": Region("Korea South", "Korea", "Asia Pacific", "koreacentral", False),
    "northcentralus": Region("North Central US", "United States", "US", "southcentralus", False),
    "northeurope": Region("North Europe", "Europe", "Europe", "westeurope", True),
    "norwayeast": Region("Norway East", "Norway", "Europe", "norwaywest", True),
    "norwaywest": Region("Norway West", "Norway", "Europe", "norwayeast", False),
    "polandcentral": Region("Poland Central", "Poland", "Europe", "", True),
    "southafricanorth": Region("South Africa North", "South Africa", "Africa", "southafricawest", True),
    "southafricawest": Region("South Africa West", "South Africa", "Africa", "southafricanorth", False),
    "southcentralus": Region("South Central US", "United States", "US", "northcentralus", True),
    "southeastasia": Region("Southeast Asia", "Asia Pacific", "Asia Pacific", "eastasia", True),
    "southindia": Region("South India", "India", "Asia Pacific", "centralindia", False),
    "spaincentral": Region("Spain Central", "Spain", "Europe", "", True),
    "swedencentral": Region("Sweden Central", "Sweden", "Europe", "swedensouth", True),
    "swedensouth": Region("Sweden South", "Sweden", "Europe", "swedencentral", False),
    "switzerlandnorth": Region("Switzerland North", "Switzerland", "Europe", "switzerlandwest", True),
    "switzerlandwest": Region("Switzerland West", "Switzerland", "Europe", "switzerlandnorth", False),
    "uaecentral": Region("UAE Central", "UAE", "Middle East", "uaenorth", False),
    "uaenorth": Region("UAE North", "UAE", "Middle East", "uaecentral", True),
    "uksouth": Region("UK South", "United Kingdom", "Europe", "ukwest", True),
    "ukwest": Region("UK West", "United Kingdom", "Europe", "uksouth", False),
    "westcentralus": Region("West Central US", "United States", "US", "westus2", False),
    "westeurope": Region("West Europe", "Europe", "Europe", "northeurope", True),
    "westus": Region("West US", "United States", "US", "eastus", False),
    "westus2": Region("West US 2", "United States", "US", "westcentralus", True),
    "westus3": Region("West US 3", "United States", "US", "eastus", True),
}


def normalise(location: str) -> str:
    """'westeurope' of 'West Europe'."""
    return location.replace(" ", "").lower()
