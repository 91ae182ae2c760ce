#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: tokens: the auth server's name is asked of name servers from within
# COVERS: tokens: the sandbox; a server that moves is found again
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

"$AUTH" -m "$auth_dir" || fail "no certificates"
auth_person tok-a "$FP_A"
echo "auth.test 127.0.0.1" >"$auth_dir/zone"
echo "nameserver 127.0.0.1" >"$auth_dir/resolv.conf"
dns_start
auth_start good.pem
relay_start "auth url \"https://auth.test:$auth_port/check\"" \
    "auth ca \"$auth_dir/ca.pem\""
wire good
grep -q '^auth.test A 127.0.0.1$' "$auth_dir/dns.log" ||
    fail "the name server was not asked"

# The server moves.  Whoever comes first finds nobody at the old place.
auth_stop
auth_address=127.0.0.2
auth_start good.pem
wire_fails good ' app code=0x0 reason='
echo "auth.test 127.0.0.2" >"$auth_dir/zone"
until_true 10 registered || {
	cat "$tmp/out"
	fail "the server is not found at its new place"
}
grep -q '^auth.test A 127.0.0.2$' "$auth_dir/dns.log" ||
    fail "the name server was not asked again"

# Without name servers the address that is known is good enough.
dns_stop
wire good

# Negative control: a name that the name server does not know.
relay_stop
relay_healthy
: >"$auth_dir/zone"
dns_start
relay_start "auth url \"https://auth.test:$auth_port/check\"" \
    "auth ca \"$auth_dir/ca.pem\""
wire_fails good ' app code=0x0 reason='
grep -q 'lookupd: auth url: auth.test: no such name' "$relay/log" ||
    fail "the log does not say why"
# It is asked again when the name is there.
echo "auth.test 127.0.0.2" >"$auth_dir/zone"
until_true 10 registered || {
	cat "$tmp/out"
	fail "the name is not found later"
}
relay_stop
relay_healthy
