#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 5, two relays - a call accepted, hung up by either side, and
# COVERS: one the other way round
. "$SRCDIR/regress/federation/fed.inc"

fed_relay a
fed_relay b
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

# Accepted; the caller hangs up, then the callee.
fed_listen bob b --accept generic --once --tone 440
fed_call alice a bob --tone 500 --seconds 1
over alice 0
fed_is alice hangup by self
fed_is alice call_end path relay
fed_is alice call_end e2e true
fed_leaves bob 10
fed_is bob hangup by peer
fed_registry a "$call" normal federated-relay
fed_registry b "$call" normal federated-relay
for who in alice bob; do
	[ "$(fed_event $who call_end | json_field received)" -gt 20 ] ||
	    fail "$who has heard nothing"
done
echo "heard after $(($(fed_time bob heard) - $(fed_time alice offer_sent)))" \
    "ms, both ways"

fed_listen bob b --accept generic --once --tone 440 --seconds 1
fed_call alice a bob --tone 500
over alice 0
fed_is alice hangup by peer
fed_leaves bob 10
fed_registry a "$call" normal federated-relay
fed_registry b "$call" normal federated-relay

# The other way round: each is whoever the other is.
fed_listen carol a --accept generic --once --tone 440
fed_call bob b carol --tone 500 --seconds 1
over bob 0
fed_leaves carol 10
fed_registry a "$call" normal federated-relay
fed_quiet
fed_done
