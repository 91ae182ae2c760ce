#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: tokens: name servers that are silent for a minute: lookupd begins
# COVERS: tokens: anew with those that resolv.conf names by then
# long: yes
. "$SRCDIR/regress/lib.sh"
. "$SRCDIR/regress/auth/dns.sh"

script good <<'!'
connect c sni=_signal
expect-up c
send c {"AuthToken":{"token":"tok-a"}}
send c {"RegisterPresence":{"identity_pub":$A.pub,"signature":[],
	"alias":"Ada"}}
expect c {"RegisterPresenceAck":{"success":true,"relay_build":*}}
!
registered()
{
	peer "$tmp/good.wire" >"$tmp/out" 2>&1
}

auth_person tok-a "$FP_A"
echo "auth.test 127.0.0.1" >"$auth_dir/zone"
# Nobody is there.
echo "nameserver 127.0.0.9" >"$auth_dir/resolv.conf"
"$AUTH" -m "$auth_dir" || fail "no certificates"
dns_start
auth_start good.pem
relay_start "auth url \"https://auth.test:$auth_port/\"" \
    "auth ca \"$auth_dir/ca.pem\""
wire_fails good ' app code=0x0 reason='
echo "nameserver 127.0.0.1" >"$auth_dir/resolv.conf"
# Not before its time.
wire_fails good ' app code=0x0 reason='
end=$(($(date +%s) + 90))
until registered; do
	[ "$(date +%s)" -lt "$end" ] || {
		cat "$tmp/out"
		fail "lookupd stays with the old name servers"
	}
	sleep 0.5
done
grep -q 'lookupd: no name server has answered for 60 s' "$relay/log" ||
    fail "the log does not say why it began anew"
relay_stop
relay_healthy lookupd
