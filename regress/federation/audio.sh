#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 5 - speech by two relays, judged by its sound
. "$SRCDIR/regress/federation/fed.inc"

"$audio/source" speech 7 "$speech" "$tmp/said.wav" >/dev/null ||
    fail "no speech"
fed_pair a b
fed_listen bob b --accept generic --once --mute --record "$tmp/heard.wav"
fed_call alice a bob --play "$tmp/said.wav"
fed_leaves alice 60
fed_leaves bob 20
fed_heard "$tmp/said.wav" "$tmp/heard.wav"
call=$(fed_event alice setup | json_field call_id)
fed_both_registry a b "$call" normal federated-relay
sent=$(fed_event alice call_end | json_field sent)
received=$(fed_event bob call_end | json_field received)
echo "sent $sent, received $received"
[ "$received" -gt 0 ] && [ "$received" -le "$sent" ] &&
    [ $(((sent - received) * 20)) -le "$sent" ] ||
    fail "of $sent datagrams $received were received"
fed_done
