#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 5 - a triangle: one of two ways, found again when it is lost
. "$SRCDIR/regress/federation/fed.inc"

for r in a b c; do
	fed_relay $r
done
fed_link a b transit
fed_link b c transit
fed_link a c transit
fed_start a b c
fed_up a b
fed_up b c
fed_up a c

# calls FROM RELAY-OF-IT: to bob, heard both ways
calls()
{
	fed_listen bob c --accept generic --once --tone 440
	fed_call "$1" "$2" bob --tone 500 --seconds 1
	fed_leaves "$1" 15
	fed_leaves bob 10
	[ "$(grep -c '"event":"incoming"' "$tmp/bob/events")" -eq 1 ] ||
	    fail "one call rings more than once"
	fed_both_heard "$1" bob
	call=$(fed_event "$1" setup | json_field call_id)
	fed_both_registry "$2" c "$call" normal federated-relay
}

calls alice a
calls dave b
# A call of two of the same relay is nobody else's.
for r in a b c; do
	echo "$r $(fed_rows $r "history" | wc -l)"
done >"$tmp/before"
fed_listen bob c --accept generic --once --tone 440
fed_call carol c bob --tone 500 --seconds 1
fed_leaves carol 15
fed_leaves bob 10
for r in a b; do
	n=$(fed_rows $r "history" | wc -l)
	grep -q -x "$r $n" "$tmp/before" ||
	    fail "$r has something to do with a call within c"
done

# Without its own link a gets there by b.
fed_ctl a peer c down || fail "the link cannot be taken down"
fed_down a c
calls alice a
fed_ctl a peer c up || fail "the link cannot be brought up"
fed_up a c
calls alice a
fed_quiet
fed_done
