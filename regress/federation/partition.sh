#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 5 - the Internet between two relays cut in mid-call, and
# COVERS: whole again: sound comes back, nobody is left in a call alone
# LIMIT: 120
FED_LAB=yes
. "$SRCDIR/regress/federation/fed.inc"

lab_up 10
fed_pair north south
fed_listen bob south --accept generic --once --tone 440
fed_call alice north bob --tone 500

# Nothing arrives from one report to the next, at both.
deaf()
{
	for who in alice bob; do
		[ "$(grep '"event": *"stats"' "$tmp/$who/events" | tail -n 2 |
		    json_field received | sort -u | wc -l)" -eq 1 ] ||
		    return 1
	done
}
fed_until alice media_start 10
fed_sound alice bob 10 "at the beginning"
lab_cut pair north south
until_true 10 deaf || fail "what is cut is not cut"
healed=$(date +%s%3N)
lab_restore
fed_sound alice bob 10 "after it was cut"
echo "sound flows both ways $(($(date +%s%3N) - healed)) ms after it was" \
    "whole again, with half a second of it"

# Hung up on one side of the cut.
lab_cut pair north south
until_true 10 deaf || fail "what is cut is not cut"
fed_hangs_up alice
call=$(fed_event alice setup | json_field call_id)
fed_over bob && fail "bob cannot know that"
lab_restore
fed_leaves bob 30
fed_quiet
fed_both_registry north south "$call" normal federated-relay
fed_up north south
fed_done
