#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6, mid-call - the caller moves to another network
# LIMIT: 120
. "$SRCDIR/regress/nat/midcall.inc"

midcall_begin
midcall_on direct "$DIRECT_S"
midcall_listen
# The second network is there before the first one is gone, as on a phone.
lab_ns m-nat
lab_link m m-nat 198.51.100.77
lab_forwards m-nat
lab_nat m-nat port
paths=$(grep -c '"event": *"path"' "$tmp/caller/events")
ip -n a link set eth0 down
lab_lan a eth1 m-nat lan 10.8.0.2/24 10.8.0.1/24
moved()
{
	[ "$(grep -c '"event": *"path"' "$tmp/caller/events")" -gt "$paths" ]
}
until_true 10 moved || midcall_fail "the caller does not notice"
midcall_on direct 40
midcall_listen
midcall_end "other address" 500
