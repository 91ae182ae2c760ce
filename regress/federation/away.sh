#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 5 - in mid-call: federd killed, the link taken down and up;
# COVERS: sound comes back, and nobody is left in a call alone
. "$SRCDIR/regress/federation/fed.inc"

fed_relay a
fed_relay b
fed_link a b
fed_start a b
fed_up a b

fed_listen bob b --accept generic --once --tone 440
fed_call alice a bob --tone 500

# received WHO: so far, by the last figures it has told
received()
{
	n=$(fed_event "$1" stats | json_field received)
	echo "${n:-0}"
}
# Half a second of sound that was not there before, for both.
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
fed_until alice media_start 10
flows 10 "at the beginning"

for r in a b; do
	old=$(fed_workers "$r" federd)
	kill -9 "$old" || fail "no federd"
	new()
	{
		now=$(fed_workers "$r" federd)
		[ -n "$now" ] && [ "$now" != "$old" ]
	}
	until_true 10 new || fail "$r has no federd any more"
	fed_up a b
	flows 10 "after the death of $r's federd"
done
fed_ctl a peer b down || fail "the link cannot be taken down"
fed_down a b
fed_ctl a peer b up || fail "the link cannot be brought up"
fed_up a b
flows 10 "after the link was away"

# Hung up while there is no link: the other one is told when there is.
fed_ctl a peer b down || fail "the link cannot be taken down"
fed_down a b
kill -INT "$(cat "$tmp/alice/pid")"
fed_leaves alice 10
call=$(fed_event alice setup | json_field call_id)
fed_ctl a peer b up || fail "the link cannot be brought up"
fed_leaves bob 30
fed_quiet
fed_registry a "$call" normal federated-relay
fed_registry b "$call" normal federated-relay
FED_KILLED=federd
fed_done
