#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 5, two relays - a call accepted, hung up by either side, and
# COVERS: one the other way round
. "$SRCDIR/regress/federation/fed.inc"

fed_pair a b

# Accepted; the caller hangs up, then the callee.
fed_listen bob b --accept generic --once --tone 440
fed_call alice a bob --tone 500 --seconds 1
fed_call_over alice 0
fed_is alice hangup by self
fed_is alice call_end path relay
fed_is alice call_end e2e true
fed_leaves bob 10
fed_is bob hangup by peer
fed_both_registry a b "$call" normal federated-relay
fed_both_heard alice bob
echo "heard after $(($(fed_time bob heard) - $(fed_time alice offer_sent)))" \
    "ms, both ways"

fed_listen bob b --accept generic --once --tone 440 --seconds 1
fed_call alice a bob --tone 500
fed_call_over alice 0
fed_is alice hangup by peer
fed_leaves bob 10
fed_both_registry a b "$call" normal federated-relay

# The other way round: each is whoever the other is.
fed_listen carol a --accept generic --once --tone 440
fed_call bob b carol --tone 500 --seconds 1
fed_call_over bob 0
fed_leaves carol 10
fed_registry a "$call" normal federated-relay
fed_quiet
fed_done
