#!/bin/sh
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# shape.sh PACKAGE REPOSITORIES TOOL...: gives a Debian guest the shape of another distribution. RELEASE is its os-release,
# REPOSITORIES the folder where TOOL looks for them. Makes two versions of PACKAGE after /root/agent.spec and publishes them.
set -eu
package=$1
repositories=$2
shift 2
export DEBIAN_FRONTEND=noninteractive
apt-get -q install -y --no-install-recommends rpm createrepo-c "$@" || { apt-get -q update && apt-get -q install -y --no-install-recommends rpm createrepo-c "$@"; }

mkdir -p "$repositories" /srv/repo /etc/rpm
printf '%s\n' "$RELEASE" >/usr/lib/os-release
case $RELEASE in *rhel*) echo 'Red Hat Enterprise Linux release 9.4 (Plow)' >/etc/redhat-release ;; esac
rm -f /etc/debian_version
# Debian's rpm has its database in root's home.
echo '%_dbpath /var/lib/rpm' >/etc/rpm/macros
cat >"$repositories/azure.repo" <<REPO
[azure]
name=azure
baseurl=file:///srv/repo
enabled=1
gpgcheck=0
metadata_expire=0
autorefresh=1
REPO
for version in 2.2.45 2.7.0.6; do
    rpmbuild -bb --quiet --define "name $package" --define "version $version" --define '_rpmdir /srv/repo' /root/agent.spec
done
createrepo_c --quiet /srv/repo
