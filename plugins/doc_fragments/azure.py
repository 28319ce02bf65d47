# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  auth_source:
    description:
      - Who signs in to Azure.
      - V(auto) takes the first that is there of a service principal (secret or certificate), a workload identity
        (E(AZURE_FEDERATED_TOKEN_FILE)), a managed identity (E(IDENTITY_ENDPOINT)) and the Azure CLI.
      - V(default) is the whole chain of C(DefaultAzureCredential) of azure-identity, which probes the network.
      - If not set, the environment variable E(ANSIBLE_AZURE_AUTH_SOURCE) is used.
    type: str
    choices: [auto, service_principal, managed_identity, workload_identity, cli, default]
    default: auto
  subscription_id:
    description:
      - The subscription to work in, as its GUID.
      - If not set, E(AZURE_SUBSCRIPTION_ID) is used, then the profile, then the default subscription of the Azure CLI with O(auth_source=cli).
    type: str
  tenant_id:
    description:
      - The directory to sign in to, as GUID or domain name.
      - If not set, E(AZURE_TENANT_ID) or E(AZURE_TENANT) is used.
    type: str
    aliases: [tenant]
  client_id:
    description:
      - The application (client) id of the service principal, or of a user-assigned managed identity.
      - If not set, E(AZURE_CLIENT_ID) is used.
    type: str
  client_secret:
    description:
      - The secret of the service principal.
      - If not set, E(AZURE_CLIENT_SECRET) or E(AZURE_SECRET) is used.
    type: str
    aliases: [secret]
  certificate_path:
    description:
      - A PEM or PFX file with the certificate and private key of the service principal.
      - If not set, E(AZURE_CLIENT_CERTIFICATE_PATH) or E(AZURE_X509_CERTIFICATE_PATH) is used.
    type: path
    aliases: [x509_certificate_path]
  certificate_password:
    description:
      - The password of the file in O(certificate_path).
      - If not set, E(AZURE_CLIENT_CERTIFICATE_PASSWORD) is used.
    type: str
  profile:
    description:
      - A section of C(~/.azure/credentials) that fills in what is set nowhere else.
      - If not set, E(AZURE_PROFILE) is used.
    type: str
  cloud:
    description:
      - The cloud, V(AzureCloud), V(AzureUSGovernment) or V(AzureChinaCloud), or the URL of another cloud's Resource Manager.
      - If not set, E(AZURE_CLOUD) or E(AZURE_CLOUD_ENVIRONMENT) is used, else V(AzureCloud).
    type: str
    aliases: [cloud_environment]
  arm_url:
    description:
      - The URL of Resource Manager, for any other cloud or for the simulator. It wins over O(cloud).
      - If not set, E(AZURE_ARM_URL) is used.
    type: str
  authority_url:
    description:
      - The URL of the sign-in service. Without it, a cloud named by O(arm_url) is asked for its own.
      - If not set, E(AZURE_AUTHORITY_HOST) or E(AZURE_ADFS_AUTHORITY_URL) is used.
    type: str
    aliases: [adfs_authority_url]
  disable_instance_discovery:
    description:
      - Do not ask Microsoft's public directory about the sign-in service. Always so for clouds that are not Azure's own.
      - If not set, E(AZURE_DISABLE_INSTANCE_DISCOVERY) is used.
    type: bool
    default: false
  ca_file:
    description:
      - A file of CA certificates that the endpoints are verified with.
      - If not set, E(AZURE_CA_FILE), then E(REQUESTS_CA_BUNDLE) is used, else the certificates of the C(certifi) library.
    type: path
requirements:
  - python >= 3.11
  - azure-identity >= 1.19.0
  - azure-mgmt-core >= 1.5.0
notes:
  - The module talks to Azure from the machine it runs on, normally C(localhost).
  - Credentials may also be given once for all modules with C(module_defaults) of the group C(group/safeharbor.azure_backup.azure).
"""
