# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The classic service's XML: recorded answers, and answers of something else."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._arm.classic import ClassicService, endpoint
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._arm.clouds import CLOUDS, Cloud
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._core.errors import AzureBackupError

OWN = Cloud("https://arm.local", "https://login.local", "https://arm.local/.default")
SCHEMA = 'xmlns="http://schemas.microsoft.com/windowsazure" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
# https://github.com/Azure/azure-sdk-for-net/tree/f33424dcc8/src/ServiceManagement/RecoveryServicesVaultUpgrade/VaultUpgrade.Tests/SessionRecords
READY = f'<Error i:nil="true" {SCHEMA} />'
DONE = f"""<OperationInfo {SCHEMA}>\r
  <ErrorCode></ErrorCode>\r
  <JobSteps i:nil="true" />\r
  <Jobs i:nil="true" xmlns:d2p1="http://schemas.microsoft.com/2003/10/Serialization/Arrays" />\r
  <Message></Message>\r
  <OperationResult>Succeeded</OperationResult>\r
  <OperationStatus>Completed</OperationStatus>\r
</OperationInfo>"""


class Answer:
    def __init__(self, content: str, status: int = 200) -> None:
        self.content, self.status_code, self.reason, self.headers = content.encode(), status, "Reason", {"x-ms-request-id": "r1"}


class Arm:
    """Stands for the pipeline, which is not what is tested here: it gives one answer and keeps the request."""

    subscription_id = "s"

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.sent: Any = None

    def xml_client(self, _url: str) -> Arm:
        return self

    def send_request(self, request: Any) -> Answer:
        self.sent = request
        return self.answer

    @staticmethod
    def call(_doing: str, function: Any, *args: Any) -> Any:
        return function(*args)


def service(content: str, status: int = 200) -> ClassicService:
    return ClassicService(Arm(Answer(content, status)), "https://classic.local")  # type: ignore[arg-type]


def test_recorded_answers() -> None:
    assert service(READY).check("/p", "/target") == []
    assert service(DONE).result("/p") == {
        "ErrorCode": "", "JobSteps": None, "Jobs": None, "Message": "", "OperationResult": "Succeeded", "OperationStatus": "Completed",
    }  # fmt: skip


def test_the_request_is_the_recorded_one() -> None:
    arm = Arm(Answer(f"<ResourceUpgradeDetails {SCHEMA}><Status>InProgress</Status></ResourceUpgradeDetails>"))
    classic = ClassicService(arm, "https://classic.local")  # type: ignore[arg-type]
    place = classic.place("RecoveryServices-X-West-US", {"ResourceProviderNamespace": "WABackup", "Type": "BackupVault", "Name": "a/b"})
    assert place == "/s/cloudservices/RecoveryServices-X-West-US/resources/WABackup/~/BackupVault/a%2Fb"
    assert classic.start(place, "/subscriptions/s/<&>", "id-1") == {"Status": "InProgress"}
    assert (arm.sent.method, arm.sent.url) == ("POST", f"https://classic.local{place}/upgrade")
    assert arm.sent.headers["x-ms-version"] == "2013-03-01" and arm.sent.headers["x-ms-client-request-id"] == "id-1"
    assert arm.sent.content == (
        b'<ResourceUpgradeInput xmlns="http://schemas.microsoft.com/windowsazure">'
        b"<NewResourcePath>/subscriptions/s/&lt;&amp;&gt;</NewResourcePath></ResourceUpgradeInput>"
    )


def test_an_error_with_its_reasons() -> None:
    details = "<Details><ErrorDetails><Code>c</Code><Type>Error</Type></ErrorDetails></Details>"
    assert service(f"<Error {SCHEMA}><Code>x</Code>{details}</Error>", 400).check("/p", "/t") == [{"Code": "c", "Type": "Error"}]


def test_an_error_without_reasons() -> None:
    with pytest.raises(AzureBackupError) as told:
        service(f"<Error {SCHEMA}><Code>x</Code><Message>No\n way.</Message><RecommendedAction>Do it.</RecommendedAction></Error>", 403).check("/p", "/t")
    assert (told.value.code, told.value.status, told.value.hint, told.value.request_id) == ("x", 403, "Do it.", "r1") and "No way." in told.value.message


def test_no_upgrade_is_known() -> None:
    assert service(f"<Error {SCHEMA}><Code>ResourceNotFound</Code></Error>", 404).result("/p") is None


@pytest.mark.parametrize("content", ["", "{}", "<html/>", "<a", f'<!DOCTYPE x [<!ENTITY y "z">]><Error {SCHEMA}>&y;</Error>'])
@pytest.mark.parametrize("status", [200, 404, 500])
def test_what_is_not_the_classic_service(content: str, status: int) -> None:
    with pytest.raises(AzureBackupError) as told:
        service(content, status).result("/p")
    assert told.value.code == "NoClassicService"


@pytest.mark.parametrize("cloud", CLOUDS.values(), ids=CLOUDS)
def test_azure_has_none(cloud: Cloud) -> None:
    with pytest.raises(AzureBackupError) as told:
        endpoint(cloud, None)
    assert told.value.code == "ClassicServiceRetired" and told.value.hint
    assert endpoint(cloud, "https://classic.local/") == "https://classic.local"


def test_another_cloud_may_have_one() -> None:
    assert endpoint(OWN, None) == "https://arm.local"
    for url in ("https://management.core.windows.net", "https://management.core.usgovcloudapi.net/"):
        with pytest.raises(AzureBackupError):
            endpoint(OWN, url)
