#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: client - port mapping by PCP, NAT-PMP and UPnP IGD in a router made
# COVERS: of miniupnpd and nftables: in this order, short, a packet from outside
# COVERS: arrives, gone when the client ends, is stopped or is killed
#
# LIMIT: 120
. "$SRCDIR/regress/nat/portmap.inc"

world
# Nobody there who would map: nobody hears, and nothing stays.
client_begins
not_heard early
client_over nobody

router yes yes
maps pcp
locked_in
heard mapped
client_over pcp
grep -qx end "$tmp/out" || fail "no decent end"

# Stopped: its helper knows what to do.
router_drops_pcp
maps nat-pmp
heard mapped
kill -TERM "$client_pid"
client_over nat-pmp
! grep -qx end "$tmp/out" || fail "a decent end, of a stopped one"

router no yes
maps upnp
heard mapped
kill -KILL "$client_pid"
client_over upnp

# wzp itself, which is registered and waits to be called.
router yes yes
relay_outside
wzp_begins host -r "$OUTSIDE:$relay_port" listen --accept trusted --mute
until_true 10 mapped_any || {
	cat "$tmp/wzp/events" "$tmp/wzp/stderr" "$tmp/router.log"
	fail "wzp has nothing mapped"
}
lab_until wzp registered 10 || fail "wzp: not registered"
locked_in
# The host's address becomes another one, and so does the mapping's.
moves $HOST 192.168.1.3
until_true 20 mapped_at 192.168.1.3 || {
	rules
	cat "$tmp/wzp/events"
	fail "not mapped from the new address"
}
kill -0 "$client_pid" || fail "wzp is gone: $(cat "$tmp/wzp/events")"
kill -TERM "$client_pid"
until_true 5 lab_gone wzp || fail "wzp stays"
until_true 3 not_mapped_at 192.168.1.3 || fail "the new mapping stays"
# The old one can only be taken back from where we are no more.
moves 192.168.1.3 $HOST
in_ns gw nft flush chain inet filter upnp_pre
# Who would not be called directly has nothing mapped.
for how in "--accept trusted --no-portmap" "--accept trusted --relay-only" \
    "--accept generic"; do
	# shellcheck disable=SC2086
	wzp_begins host -r "$OUTSIDE:$relay_port" listen --mute $how
	lab_until wzp registered 10 || fail "wzp $how: not registered"
	helpers_gone || fail "wzp $how: a helper"
	mapped_none || fail "wzp $how: a mapping"
	wzp_over
done
relay_healthy "nothing at all"
echo "pcp, nat-pmp, upnp: mapped, heard, gone"
