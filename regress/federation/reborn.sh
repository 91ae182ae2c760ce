#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 5 - signald killed on either side of a call across relays: an
# COVERS: answered call goes on and is hung up later, one that rings is over
. "$SRCDIR/regress/federation/fed.inc"

fed_pair a b

registered()
{
	fed_ctl "$1" -j show clients 2>/dev/null | grep -q fingerprint
}
live()
{
	fed_ctl "$1" -j show calls live 2>/dev/null | grep -q call_id
}

fed_listen bob b --accept generic --once --tone 440
fed_call alice a bob --tone 500
fed_until alice media_start 10
fed_sound alice bob 10 "at the beginning"
[ "$(fed_rows a "calls live" | json_field callee_relay)" = b ] ||
    fail "a does not say where bob is"
[ "$(fed_rows b "calls live" | json_field caller_relay)" = a ] ||
    fail "b does not say where alice is"
for r in b a; do
	fed_reborn "$r" signald
	until_true 15 registered "$r" || fail "nobody comes back to $r"
	fed_sound alice bob 10 "after the death of $r's signald"
	until_true 5 live "$r" || fail "$r has forgotten the call"
done
[ "$(fed_rows a "calls live" | json_field callee_relay)" = b ] ||
    fail "a has forgotten where bob is"
fed_hangs_up alice
call=$(fed_event alice setup | json_field call_id)
fed_leaves bob 15
fed_is bob hangup by peer
fed_quiet
fed_both_registry a b "$call" normal federated-relay

# Nobody is left ringing: the other relay is told as soon as it can be.
fed_listen bob b --accept generic --once --mute
kill -STOP "$(cat "$tmp/bob/pid")"
fed_call alice a bob --mute
fed_until alice ringing 10
call=$(fed_event alice offer_sent | json_field call_id)
fed_reborn b signald
until_true 10 fed_over alice || fail "alice still waits for nobody"
fed_both_registry a b "$call" error
fed_quiet
kill -CONT "$(cat "$tmp/bob/pid")"
kill -INT "$(cat "$tmp/bob/pid")"
until_true 10 fed_over bob || fail "bob does not end"
FED_KILLED=signald
fed_done
