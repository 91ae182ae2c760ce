#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 5 - in mid-call: federd killed, the link taken down and up;
# COVERS: sound comes back, and nobody is left in a call alone
. "$SRCDIR/regress/federation/fed.inc"

fed_pair a b

fed_listen bob b --accept generic --once --tone 440
fed_call alice a bob --tone 500
fed_until alice media_start 10
fed_sound alice bob 10 "at the beginning"

for r in a b; do
	fed_reborn "$r" federd
	fed_up a b
	fed_sound alice bob 10 "after the death of $r's federd"
done
fed_ctl a peer b down || fail "the link cannot be taken down"
fed_down a b
fed_ctl a peer b up || fail "the link cannot be brought up"
fed_up a b
fed_sound alice bob 10 "after the link was away"

# Hung up while there is no link: the other one is told when there is.
fed_ctl a peer b down || fail "the link cannot be taken down"
fed_down a b
fed_hangs_up alice
call=$(fed_event alice setup | json_field call_id)
fed_ctl a peer b up || fail "the link cannot be brought up"
fed_leaves bob 30
fed_quiet
fed_both_registry a b "$call" normal federated-relay
FED_KILLED=federd
fed_done
