#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs inside a machine of its own under systemd, as its one service beside Tenon: does what docs/OPERATING.md says, and
# writes a line `ok|not ok NAME` for each thing that it looks at to /result; then the machine ends.
exec >/result 2>&1
CONNECTOR='tenon: 1
id: %s
title: Probe
version: 1.0.0
description: Answers nothing.
hosts: [service.example]
base_url: https://service.example
actions:
  Say: {summary: Say, method: GET, path: /say}
'
check() {
    name=$1
    shift
    if out=$("$@" 2>&1); then echo "ok $name"; else echo "not ok $name: $*: $out"; fi
}
is() { [ "$1" = "$2" ] || { echo "$1 is not $2"; return 1; }; }
property() { systemctl show tenon --property "$1" --value; }
status() { grep "^$1:" "/proc/$(property MainPID)/status" | tr -d '[:blank:]' | cut -d: -f2; }
limit() { grep "^$1" "/proc/$(property MainPID)/limits" | awk -v at="$2" '{print $at}'; }
files_allowed() { [ "$(ulimit -Hn)" -lt 65536 ] && ulimit -Hn || echo 65536; }
health() { curl --silent --fail --max-time 5 http://127.0.0.1:8480/readyz >/dev/null; }
# waits SECONDS COMMAND...
waits() {
    left=$1
    shift
    while ! "$@" >/dev/null; do
        left=$((left - 1))
        [ $left -gt 0 ] || { "$@"; return 1; }
        sleep 1
    done
}
has() { is "$(property "$1")" "$2"; }
tenon_cli() { runuser -u tenon -- tenon "$@" --data /var/lib/tenon; }
file() { printf "$CONNECTOR" "$1" >"/etc/tenon/connectors/$1.yaml"; }

systemd-sysusers
install -d -m 0755 /etc/tenon/connectors
file one
check "starts" systemctl start tenon
check "is running, as READY=1 said" is "$(property SubState)" running
check "tells its status" is "$(property StatusText)" "Serving 1 connector at http://127.0.0.1:8480"
check "serves" health
check "has no rights" is "$(status CapEff)$(status CapBnd)" 00000000000000000000000000000000
check "gets no new ones" is "$(status NoNewPrivs)" 1
check "has its calls filtered" is "$(status Seccomp)" 2
check "is its own user" is "$(ps -o user= -p "$(property MainPID)")" tenon
check "keeps its data to itself" is "$(stat -c '%U %a' /var/lib/tenon /var/lib/tenon/master.key | tr '\n' ' ')" "tenon 700 tenon 600 "
check "leaves no core" sh -c "grep -q '^Max core file size *0 *0' /proc/$(property MainPID)/limits"
# 65,536, or what this machine allows a service at most.
check "may open files enough" is "$(limit 'Max open files' 4)" "$(files_allowed)"
check "takes commands of its user" tenon_cli health
check "makes a key" sh -c "runuser -u tenon -- tenon key add --admin --data /var/lib/tenon | grep -q ^tnk_"
check "takes commands of root, too" tenon key list --data /var/lib/tenon
check "cannot write elsewhere" sh -c "nsenter --target $(property MainPID) --mount sh -c ': >/etc/x' 2>&1 | grep -q Read-only"

check "is backed up while it runs" runuser -u tenon -- sqlite3 /var/lib/tenon/tenon.db ".backup /var/lib/tenon/backup.db"

file two
check "reloads" systemctl reload tenon
check "serves what was loaded" waits 10 has StatusText "Serving 2 connectors at http://127.0.0.1:8480"

# One that hangs is killed and started again. Its watchdog is made short for this.
mkdir -p /run/systemd/system/tenon.service.d
printf '[Service]\nWatchdogSec=2\nRestartSec=0\n' >/run/systemd/system/tenon.service.d/probe.conf
systemctl daemon-reload
systemctl restart tenon
sleep 5
check "beats" has NRestarts 0
kill -STOP "$(property MainPID)"
check "is started again when it hangs" waits 20 has NRestarts 1
check "serves again" waits 10 health
rm /run/systemd/system/tenon.service.d/probe.conf
systemctl daemon-reload

# The master key apart from the data.
systemctl stop tenon
check "ends in order" sh -c "journalctl -u tenon --no-pager | grep -q 'host.stopped.*drained=true'"
check "and successfully" has Result success
mv /var/lib/tenon/master.key /etc/tenon/master.key
chown root:root /etc/tenon/master.key
mkdir -p /etc/systemd/system/tenon.service.d
cp /usr/share/doc/tenon/examples/master-key.conf /etc/systemd/system/tenon.service.d/
systemctl daemon-reload
check "starts with a master key that systemd hands over" systemctl start tenon
check "and opens its store with it" sh -c "tenon key list --json --data /var/lib/tenon | grep -q admin"
check "and has none of its own" sh -c "! test -e /var/lib/tenon/master.key"
check "no call was refused to it" sh -c "! journalctl -u tenon --no-pager | grep -iE 'not permitted|denied|error '"
check "is judged as before" sh -c "systemd-analyze security --no-pager tenon.service | grep -E 'Overall exposure level for tenon.service: (0|1\.[0-5])'"
systemctl stop tenon
rm /var/lib/tenon/tenon.db*
mv /var/lib/tenon/backup.db /var/lib/tenon/tenon.db
check "starts with the backup" systemctl start tenon
check "and finds its keys there" sh -c "tenon key list --json --data /var/lib/tenon | grep -q admin"
systemctl stop tenon
journalctl -u tenon --no-pager -o cat | tail -60
