#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 5 - two people behind NATs at two relays find a direct way
FED_LAB=yes
. "$SRCDIR/regress/federation/fed.inc"

lab_up 10
fed_relay north
fed_relay south
fed_link north south
lab_host a port
lab_host b port
fed_start north south
fed_up north south
FED_AT=b fed_listen bob south --accept trusted --once --tone 440
FED_AT=a fed_call alice north bob --tone 500
both_direct()
{
	for who in alice bob; do
		[ "$(grep -e '"event": *"path"' -e '"event": *"media_start"' \
		    "$tmp/$who/events" | tail -n 1 | json_field path)" = \
		    direct ] || return 1
	done
}
until_true 15 both_direct || fail "the call does not become direct"
# Sound has left the relays, by the packets.
gone()
{
	lab_wire reset
	sleep 0.5
	lab_counters | awk '$2 == 17 {
		if ($5 ~ /^192/ || $3 ~ /^192/)
			relays += $11
		else
			direct += $11
	} END { exit !(direct >= 20 && relays < 5) }'
}
until_true 10 gone || fail "sound still goes by a relay"
echo "direct after $(($(grep '"path": *"direct"' "$tmp/alice/events" |
    head -n 1 | cut -d ' ' -f 1) - $(fed_time alice offer_sent))) ms"
fed_hangs_up alice
fed_leaves bob 10
fed_is alice call_end e2e true
call=$(fed_event alice setup | json_field call_id)
fed_both_registry north south "$call" normal direct-reflexive
fed_quiet
fed_done
