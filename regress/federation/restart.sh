#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 5 - in mid-call one relay is stopped in order, then killed as
# COVERS: a whole: nobody is left in a call alone, and then all is as before
. "$SRCDIR/regress/federation/fed.inc"

fed_pair a b

begin()
{
	fed_listen bob b --accept generic --once --tone 440
	fed_call alice a bob --tone 500
	fed_until alice heard 15
	fed_until bob heard 15
	call=$(fed_event alice setup | json_field call_id)
}
both_over()
{
	fed_over alice && fed_over bob
}

begin
fed_end b
until_true 45 fed_over alice || fail "alice is left alone"
fed_start b
until_true 45 both_over || fail "bob is left alone"
fed_up a b
until_true 10 fed_quiet_now a b || fail "a relay has a call nobody is in"
echo "stopped: $(fed_history a "$call" reason) for the relay that stayed," \
    "$(fed_history b "$call" reason) for the other one"

begin
for p in $(fed_workers b) "$(cat "$tmp/b/pid")"; do
	kill -9 "$p"
done
fed_use b
relay_wait_gone || fail "b does not die"
wait "$relay_pid" 2>/dev/null
fed_start b
fed_up a b
until_true 45 both_over || fail "somebody is left alone"
until_true 10 fed_quiet_now a b || fail "a relay has a call nobody is in"
fed_registry b "$call" lost
echo "killed: $(fed_history a "$call" reason) for the relay that stayed," \
    "$(fed_history b "$call" reason) for the other one"

begin
fed_hangs_up alice
fed_leaves bob 10
fed_both_registry a b "$call" normal federated-relay
fed_done
