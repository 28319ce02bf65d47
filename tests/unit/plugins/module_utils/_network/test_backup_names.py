# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which host names a backup proxy lets through."""

from __future__ import annotations

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._network import endpoints


def test_public_cloud_without_regions() -> None:
    assert endpoints.names("AzureCloud") == [
        ".backup.windowsazure.com", ".blob.core.windows.net", ".queue.core.windows.net", ".blob.storage.azure.net",
        ".login.microsoft.com", "login.microsoftonline.com", "login.windows.net",
    ]


def test_regions_narrow_azure_backup_and_nothing_else() -> None:
    wide, narrow = endpoints.names("AzureCloud"), endpoints.names("AzureCloud", ["westeurope", "East US 2"])
    assert [name for name in narrow if name not in wide] == [
        ".we.backup.windowsazure.com", ".wer.backup.windowsazure.com", ".eus2.backup.windowsazure.com", ".eu2r.backup.windowsazure.com",
    ]
    assert [name for name in wide if name not in narrow] == [".backup.windowsazure.com"]


@pytest.mark.parametrize(("cloud", "ending"), [
    ("AzureCloud", ("windowsazure.com", "windows.net", "azure.net", "microsoft.com", "microsoftonline.com")),
    ("AzureChinaCloud", ("windowsazure.cn", "chinacloudapi.cn", "microsoftonline.cn")),
    ("AzureUSGovernment", ("windowsazure.us", "usgovcloudapi.net", "blob.storage.azure.net", "microsoftonline.us")),
])
def test_no_cloud_lets_another_ones_names_through(cloud: str, ending: tuple[str, ...]) -> None:
    assert [name for name in endpoints.names(cloud) if not name.endswith(ending)] == []


def test_names_that_another_covers_are_left_out() -> None:
    """Squid complains of a name that a domain in the same list has already."""
    extra = ["management.azure.com", "x.blob.core.windows.net", ".Example.com", "a.example.com", "example.com"]
    names = endpoints.names("AzureCloud", mars=True, extra=extra)
    assert ".microsoft.com" in names
    assert ".login.microsoft.com" not in names
    assert ".blob.core.windows.net" not in names
    assert [name for name in names if "example" in name or "azure.com" in name] == [".windowsazure.com", "management.azure.com", ".example.com"]


def test_a_domain_does_not_cover_one_that_merely_ends_alike() -> None:
    assert "notexample.com" in endpoints.names("AzureCloud", extra=[".example.com", "notexample.com"])


def test_unknown_regions_and_undocumented_names() -> None:
    assert endpoints.check_regions("regions", "AzureCloud", ["West Europe", "uksouth"]) == []
    wrong = endpoints.check_regions("regions", "AzureCloud", ["westeurop", "usgovvirginia"])
    assert [problem.option for problem in wrong] == ["regions"]
    assert "westeurop, usgovvirginia" in wrong[0].text
    assert endpoints.check_mars("mars", "AzureChinaCloud", True) != []
    assert endpoints.check_mars("mars", "AzureUSGovernment", True) == []


def test_every_code_belongs_to_one_region() -> None:
    codes = [code for table in endpoints.CODES.values() for codes in table.values() for code in codes]
    assert sorted(set(codes)) == sorted(codes)
    assert len(codes) > 100
