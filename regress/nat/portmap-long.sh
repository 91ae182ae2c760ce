#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: client - a port mapping is renewed before it ends, and made again
# COVERS: when the router has forgotten it
#
# long: yes
# LIMIT: 180
. "$SRCDIR/regress/nat/portmap.inc"

# So the renewals come each 15 s.
ROUTER_MAX=20

# stays SECONDS: it is there all the time
stays()
{
	end=$(($(date +%s) + $1))
	while [ "$(date +%s)" -lt $end ]; do
		mapped || fail "the mapping went"
		[ "$(lease)" -le 20 ] || fail "a lease of $(lease) s"
		sleep 0.5
	done
}

short()
{
	l=$(lease)
	[ "$l" -gt 0 ] && [ "$l" -le 20 ]
}

world
router yes yes
maps pcp
stays 45
heard later

# It begins anew, and knows nothing.
kill -KILL "$router_pid"
until_true 5 router_gone || fail "the router stays"
rm -f "$tmp/upnpd.pid"
for c in upnp upnp_pre upnp_post; do
	in_ns gw nft flush chain inet filter $c || fail "no flushing"
done
not_mapped || fail "it knows it still"
router_pid=
router yes yes
until_true 20 mapped || fail "not made again"
heard again
client_over pcp
echo "renewed, and made again"
