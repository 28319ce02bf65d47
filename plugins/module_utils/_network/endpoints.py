# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The host names that backups from inside a VM talk to, by cloud and region. A name with a dot in front stands for its subdomains too.

Public cloud: https://learn.microsoft.com/azure/backup/backup-azure-sap-hana-database#allow-access-to-service-fqdns
MARS agent, public cloud and US Government: https://learn.microsoft.com/azure/backup/install-mars-agent#url-and-ip-access
Azure Backup of the other clouds: https://learn.microsoft.com/azure/backup/backup-azure-restore-files-from-vm
Storage and sign-in of the other clouds: https://learn.microsoft.com/azure/azure-government/compare-azure-government-global-azure and
https://learn.microsoft.com/azure/china/resources-developer-guide
"""

from __future__ import annotations

from collections.abc import Iterable

from .._core.errors import Problem

BACKUP = {"AzureCloud": "backup.windowsazure.com", "AzureChinaCloud": "backup.windowsazure.cn", "AzureUSGovernment": "backup.windowsazure.us"}
_STORAGE_AND_SIGN_IN = {
    "AzureCloud": (
        ".blob.core.windows.net", ".queue.core.windows.net", ".blob.storage.azure.net",
        ".login.microsoft.com", "login.microsoftonline.com", "login.windows.net",
    ),
    "AzureChinaCloud": (".blob.core.chinacloudapi.cn", ".queue.core.chinacloudapi.cn", "login.chinacloudapi.cn", "login.partner.microsoftonline.cn"),
    "AzureUSGovernment": (".blob.core.usgovcloudapi.net", ".queue.core.usgovcloudapi.net", ".blob.storage.azure.net", "login.microsoftonline.us"),
}
_MARS = {
    "AzureCloud": (".microsoft.com", ".windowsazure.com", ".microsoftonline.com", ".windows.net", "www.msftncsi.com", "www.msftconnecttest.com"),
    "AzureUSGovernment": (
        ".microsoft.com", ".windowsazure.us", ".microsoftonline.us", ".windows.net", ".usgovcloudapi.net", "www.msftncsi.com", "www.msftconnecttest.com",
    ),
}
# Azure Backup's code of a region, and where it has one that of the region's data in its pair: <code>.backup.windowsazure.com.
# https://learn.microsoft.com/azure/backup/scripts/geo-code-list
# Newer regions: dnzZoneRegionShortNames of https://github.com/Azure/Enterprise-Scale
_CODES = {
    "AzureCloud": """
        southcentralus:scus,scur northcentralus:ncus,ncur eastus:eus,eusr westus:wus,wusr northeurope:ne,ner westeurope:we,wer
        eastasia:ea,ear southeastasia:sea,sear centralus:cus,cusr eastus2:eus2,eu2r japaneast:jpe,jper japanwest:jpw,jpwr
        brazilsouth:brs,brsr brazilsoutheast:bse,bser australiaeast:ae,aer australiasoutheast:ase,aser australiacentral:acl,aclr
        australiacentral2:acl2,ac2r centralindia:inc,incr southindia:ins,insr westindia:inw,inwr jioindiacentral:jic,jicr
        jioindiawest:jiw,jiwr canadacentral:cnc,cncr canadaeast:cne,cner westcentralus:wcus,wcur westus2:wus2,wu2r westus3:wus3,wu3r
        ukwest:ukw,ukwr uksouth:uks,uksr koreacentral:krc,krcr koreasouth:krs,krsr francecentral:frc,frcr francesouth:frs,frsr
        uaecentral:uac,uacr uaenorth:uan,uanr southafricanorth:san,sanr southafricawest:saw,sawr germanywestcentral:gwc,gwcr
        germanynorth:gn,gnr switzerlandnorth:szn,sznr switzerlandwest:szw,szwr norwayeast:nwe,nwer norwaywest:nww,nwwr
        swedencentral:sdc,sdcr swedensouth:sds,sdsr chilecentral:clc israelcentral:ilc italynorth:itn malaysiasouth:mys
        malaysiawest:myw mexicocentral:mxc newzealandnorth:nzn polandcentral:plc qatarcentral:qac spaincentral:spc taiwannorth:twn
    """,
    "AzureChinaCloud": "chinanorth:bjb,bjbr chinaeast:sha,shar chinanorth2:bjb2,bj2r chinaeast2:sha2,sh2r",
    "AzureUSGovernment": """
        usgoviowa:ugi,ugir usgovvirginia:ugv,ugvr usgovtexas:ugt,ugtr usgovarizona:uga,ugar usdodcentral:udc,udcr usdodeast:ude,uder
    """,
}
CODES = {
    cloud: {region: codes.split(",") for region, _colon, codes in (entry.partition(":") for entry in table.split())} for cloud, table in _CODES.items()
}


def _key(region: str) -> str:
    return "".join(region.split()).lower()


def check_regions(option: str, cloud: str, regions: Iterable[str]) -> list[Problem]:
    unknown = [region for region in regions if _key(region) not in CODES[cloud]]
    text = f"Azure Backup's code of {', '.join(unknown)} in {cloud} is not known: leave the regions out, or check the spelling"
    return [Problem(option, text)] if unknown else []


def check_mars(option: str, cloud: str, mars: bool) -> list[Problem]:
    text = f"which names the MARS agent needs in {cloud} is not documented: add them by proxy_server_names"
    return [Problem(option, text)] if mars and cloud not in _MARS else []


def names(cloud: str, regions: Iterable[str] = (), mars: bool = False, extra: Iterable[str] = ()) -> list[str]:
    """The allow-list, without names that another one covers. Storage and sign-in have no region in their names."""
    codes = [code for region in regions for code in CODES[cloud][_key(region)]]
    backup = [f".{code}.{BACKUP[cloud]}" for code in codes] or [f".{BACKUP[cloud]}"]
    wanted = dict.fromkeys(each.lower() for each in (*backup, *_STORAGE_AND_SIGN_IN[cloud], *(_MARS[cloud] if mars else ()), *extra))
    return [each for each in wanted if not any(other != each and other.startswith(".") and f".{each.lstrip('.')}".endswith(other) for other in wanted)]
