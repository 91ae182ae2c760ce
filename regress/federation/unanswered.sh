#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 5, two relays - a call rejected, cancelled, not answered (the
# COVERS: ring limit), not found: at once
. "$SRCDIR/regress/federation/fed.inc"

fed_pair a b "limit ring 2 seconds"

# Rejected.
fed_listen bob b --accept reject --mute
fed_call alice a bob --mute
fed_call_over alice 1
[ -z "$(fed_event alice setup)" ] || fail "a rejected call was set up"
fed_both_registry b a "$call" declined

# Nobody answers; the caller gives up first, then a relay does.
kill -STOP "$(cat "$tmp/bob/pid")"
fed_call alice a bob --mute
fed_until alice ringing 5
kill -INT "$(cat "$tmp/alice/pid")"
until_true 10 fed_over alice || fail "alice does not give up"
call=$(fed_event alice offer_sent | json_field call_id)
fed_both_registry a b "$call" cancelled
fed_call alice a bob --mute
fed_call_over alice 1
fed_is alice hangup reason Timeout
fed_both_registry a b "$call" timeout
kill -CONT "$(cat "$tmp/bob/pid")"
fed_hangs_up bob

# Nobody of that name, and somebody who has just left.
for who in bob 0123:4567:89ab:cdef:0123:4567:89ab:cdef; do
	mkdir -p "$tmp/nobody"
	[ "$who" = bob ] || echo "$who" >"$tmp/nobody/fp"
	[ "$who" != bob ] || cp "$tmp/bob/fp" "$tmp/nobody/fp"
	fed_call alice a nobody --mute
	fed_call_over alice 1
	fed_not_found alice "$who"
done
fed_quiet
fed_done
