#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 5 - a partition that lasts until the links are given up, a
# COVERS: call and a global room over it, and its healing
# long: yes
# LIMIT: 240
FED_LAB=yes
. "$SRCDIR/regress/federation/fed.inc"

lab_up 10
for r in north middle south; do
	fed_relay $r 'global room "general"'
done
fed_link north middle transit
fed_link middle south transit
fed_link north south transit
fed_start north middle south
fed_up north middle
fed_up middle south
fed_up north south

fed_person carol north room general --mute
fed_person dave middle room general --mute
fed_person eve south room general --mute
until_true 10 fed_counts 3 carol dave eve || fail "not all are in the room"
fed_listen bob south --accept generic --once --tone 440
fed_call alice north bob --tone 500
fed_until alice heard 15
fed_until bob heard 15
call=$(fed_event alice setup | json_field call_id)

# South is alone.
lab_cut pair north south
lab_cut pair middle south
cut=$(date +%s)
fed_down north south 60
fed_down middle south 60
echo "the links were given up after $(($(date +%s) - cut)) s"
until_true 10 fed_counts 1 eve || fail "eve still sees who is not there"
until_true 10 fed_counts 2 carol dave || fail "eve is still seen"
kill -INT "$(cat "$tmp/alice/pid")" 2>/dev/null
until_true 10 fed_over alice || fail "alice does not end"
lab_restore
healed=$(date +%s)
fed_up north south 70
fed_up middle south 70
echo "all links are up $(($(date +%s) - healed)) s after it was whole again"
until_true 10 fed_counts 3 carol dave eve ||
    fail "they do not find each other again"
until_true 40 fed_over bob || fail "bob is left alone"
fed_quiet
for r in north south; do
	[ "$(fed_history $r "$call" state)" = ended ] ||
	    fail "$r: the call is $(fed_history $r "$call" state)"
done

# As before.
fed_listen bob south --accept generic --once --tone 440
fed_call alice north bob --tone 500 --seconds 1
fed_leaves alice 20
fed_leaves bob 10
[ "$(fed_event bob call_end | json_field received)" -gt 20 ] ||
    fail "bob hears nothing"
for who in carol dave eve; do
	fed_hangs_up $who
done
fed_done
