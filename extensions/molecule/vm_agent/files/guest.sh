#!/usr/bin/env bash
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# guest.sh WHAT [NAME]: what verify.yml does to a guest behind the role's back, and what it sees there. NAME is the service or package.
set -euo pipefail
conf=/etc/waagent.conf
drop_in=/etc/systemd/system/walinuxagent.service.d/fails.conf

case $1 in
    written) { diff $conf.*~ $conf || true; } | grep '^[<>]' | sort ;;
    runs) systemctl is-active "$2" && systemctl is-enabled "$2" ;;
    break)
        sed -i 's/^Extensions.Enabled=y/Extensions.Enabled = "n"  # by the hardening team/' $conf
        touch /var/lib/waagent/disable_agent
        systemctl disable --now "$2"
        cp $conf /root/broken
        ;;
    is-broken) cmp $conf /root/broken && test -e /var/lib/waagent/disable_agent && ! systemctl is-active "$2" ;;
    is-mended) sed 's/^Extensions.Enabled =y  #/Extensions.Enabled = "n"  #/' $conf | cmp - /root/broken ;;
    publish)
        rpmbuild -bb --quiet --define "name $2" --define "version 2.9.1.1" --define '_rpmdir /srv/repo' /root/agent.spec
        createrepo_c --quiet /srv/repo
        # It looks for news every ten minutes only.
        ! command -v zypper || zypper --quiet refresh
        ;;
    fail)
        printf '[Service]\nExecStart=\nExecStart=/bin/false\n' >$drop_in
        sed -i 's/^AutoUpdate.Enabled=.*/AutoUpdate.Enabled=n/' $conf
        cp -p $conf /root/before
        ;;
    fail-no-more) rm $drop_in ;;
    harden)
        mount --bind /var /var
        mount -o remount,bind,noexec /var
        systemctl mask --now "$2"
        ;;
    lose-agent)
        umount -l /var
        systemctl unmask waagent.service
        dnf -q -y remove "$2"
        ;;
    spoil-settings)
        printf '\377\n' >>$conf
        cp $conf /root/before
        ;;
    settings-as-before) cmp $conf /root/before ;;
esac
