#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 5, two relays - a call rejected, cancelled, not answered (the
# COVERS: ring limit), not found: at once
. "$SRCDIR/regress/federation/fed.inc"

fed_relay a "limit ring 2 seconds"
fed_relay b "limit ring 2 seconds"
fed_link a b
fed_start a b
fed_up a b

# over WHO STATUS: the caller has ended; sets $call
over()
{
	fed_leaves "$1" 15 "$2"
	call=$(fed_event "$1" offer_sent | json_field call_id)
	[ -n "$call" ] || fail "$1 has made no offer"
}

# Rejected.
fed_listen bob b --accept reject --mute
fed_call alice a bob --mute
over alice 1
[ -z "$(fed_event alice setup)" ] || fail "a rejected call was set up"
fed_registry b "$call" declined
fed_registry a "$call" declined

# Nobody answers; the caller gives up first, then a relay does.
kill -STOP "$(cat "$tmp/bob/pid")"
fed_call alice a bob --mute
fed_until alice ringing 5
kill -INT "$(cat "$tmp/alice/pid")"
until_true 10 fed_over alice || fail "alice does not give up"
call=$(fed_event alice offer_sent | json_field call_id)
fed_registry a "$call" cancelled
fed_registry b "$call" cancelled
fed_call alice a bob --mute
over alice 1
fed_is alice hangup reason Timeout
fed_registry a "$call" timeout
fed_registry b "$call" timeout
kill -CONT "$(cat "$tmp/bob/pid")"
kill -INT "$(cat "$tmp/bob/pid")"
fed_leaves bob 10

# Nobody of that name, and somebody who has just left.
for who in bob 0123:4567:89ab:cdef:0123:4567:89ab:cdef; do
	mkdir -p "$tmp/nobody"
	[ "$who" = bob ] || echo "$who" >"$tmp/nobody/fp"
	[ "$who" != bob ] || cp "$tmp/bob/fp" "$tmp/nobody/fp"
	fed_call alice a nobody --mute
	over alice 1
	[ -z "$(fed_event alice ringing)" ] || fail "it rings at nobody's"
	took=$(($(fed_time alice hangup) - $(fed_time alice offer_sent)))
	echo "not found after $took ms (goal 1000)"
	[ "$took" -lt 3000 ] || fail "not found only after $took ms"
done
fed_quiet
fed_done
