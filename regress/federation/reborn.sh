#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 5 - signald killed on either side of a call across relays: an
# COVERS: answered call goes on and is hung up later, one that rings is over
. "$SRCDIR/regress/federation/fed.inc"

fed_relay a
fed_relay b
fed_link a b
fed_start a b
fed_up a b

# fed_reborn RELAY: its signald dies and comes back
fed_reborn()
{
	old=$(fed_workers "$1" signald)
	kill -9 "$old" || fail "no signald"
	again()
	{
		now=$(fed_workers "$1" signald)
		[ -n "$now" ] && [ "$now" != "$old" ]
	}
	until_true 10 again "$1" || fail "$1 has no signald any more"
}
registered()
{
	fed_ctl "$1" -j show clients 2>/dev/null | grep -q fingerprint
}
live()
{
	fed_ctl "$1" -j show calls live 2>/dev/null | grep -q call_id
}
received()
{
	n=$(fed_event "$1" stats | json_field received)
	echo "${n:-0}"
}
hears()
{
	[ "$(received alice)" -ge $((alice + 25)) ] &&
	    [ "$(received bob)" -ge $((bob + 25)) ]
}
flows()
{
	alice=$(received alice)
	bob=$(received bob)
	until_true "$1" hears || fail "$2: no sound within $1 s"
}

fed_listen bob b --accept generic --once --tone 440
fed_call alice a bob --tone 500
fed_until alice media_start 10
flows 10 "at the beginning"
[ "$(fed_rows a "calls live" | json_field callee_relay)" = b ] ||
    fail "a does not say where bob is"
[ "$(fed_rows b "calls live" | json_field caller_relay)" = a ] ||
    fail "b does not say where alice is"
for r in b a; do
	fed_reborn "$r"
	until_true 15 registered "$r" || fail "nobody comes back to $r"
	flows 10 "after the death of $r's signald"
	until_true 5 live "$r" || fail "$r has forgotten the call"
done
[ "$(fed_rows a "calls live" | json_field callee_relay)" = b ] ||
    fail "a has forgotten where bob is"
kill -INT "$(cat "$tmp/alice/pid")"
fed_leaves alice 10
call=$(fed_event alice setup | json_field call_id)
fed_leaves bob 15
fed_is bob hangup by peer
fed_quiet
fed_registry a "$call" normal federated-relay
fed_registry b "$call" normal federated-relay

# Nobody is left ringing: the other relay is told as soon as it can be.
fed_listen bob b --accept generic --once --mute
kill -STOP "$(cat "$tmp/bob/pid")"
fed_call alice a bob --mute
fed_until alice ringing 10
call=$(fed_event alice offer_sent | json_field call_id)
fed_reborn b
until_true 10 fed_over alice || fail "alice still waits for nobody"
fed_registry a "$call" error
fed_registry b "$call" error
fed_quiet
kill -CONT "$(cat "$tmp/bob/pid")"
kill -INT "$(cat "$tmp/bob/pid")"
until_true 10 fed_over bob
FED_KILLED=signald
fed_done
