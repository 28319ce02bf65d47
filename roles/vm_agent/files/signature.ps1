# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Tells whether a file is signed by Microsoft. Changes nothing.
param (
    [Parameter(Mandatory)]
    [string]$Path
)

$signature = Get-AuthenticodeSignature -FilePath $Path
$subject = [string]$signature.SignerCertificate.Subject
$Ansible.Changed = $false
$Ansible.Result = @{
    status    = [string]$signature.Status
    subject   = $subject
    microsoft = ($signature.Status -eq 'Valid' -and $subject -match 'O=Microsoft Corporation')
}
