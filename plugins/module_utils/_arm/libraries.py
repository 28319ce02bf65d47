# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""azure-core and azure-mgmt-core, which every call needs; the typed clients are imported where they are first used.

Where they are missing this module still imports, so that the module can say so in its own words.
"""

from __future__ import annotations

MISSING: ImportError | None = None
try:
    from azure.core.exceptions import (
        AzureError,
        ClientAuthenticationError,
        DecodeError,
        HttpResponseError,
        IncompleteReadError,
        ServiceRequestError,
        ServiceResponseError,
    )
    from azure.core.pipeline import policies
    from azure.core.pipeline.policies import HTTPPolicy
    from azure.core.pipeline.transport import RequestsTransport
    from azure.core.polling import PollingMethod
    from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy, AuxiliaryAuthenticationPolicy
except ImportError as exc:
    MISSING = exc

    def __getattr__(name: str) -> type[Exception]:
        """What stands for each name that could not be imported: good enough to be caught or derived from, never used."""
        return Exception


__all__ = (
    "MISSING",
    "ARMChallengeAuthenticationPolicy",
    "AuxiliaryAuthenticationPolicy",
    "AzureError",
    "ClientAuthenticationError",
    "DecodeError",
    "HTTPPolicy",
    "HttpResponseError",
    "IncompleteReadError",
    "PollingMethod",
    "RequestsTransport",
    "ServiceRequestError",
    "ServiceResponseError",
    "policies",
)
