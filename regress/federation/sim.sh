#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: federation - what finding people costs a relay does not grow with the network (10 and 40 relays)
. "$SRCDIR/regress/lib.sh"

sim=$PWD/regress/federation/sim
# A millisecond of CPU time on a busy machine says little.
"$sim" -q -c 3 -n 10,40 -p 500 -j "$tmp/sim.json" || fail "it costs too much"
grep -q '"relays":40,' "$tmp/sim.json" || fail "no figures"
# Control: every relay linked with every other, which does grow.
"$sim" -q -n 10,40 -p 500 -k 0 -t 10 >"$tmp/control" && {
	cat "$tmp/control"
	fail "40 neighbours cost as little as 10"
}
grep -q 'bytes from 10 to 40 relays: slope [12]\.[0-9]* FAIL' \
    "$tmp/control" || {
	cat "$tmp/control"
	fail "the control fails, but not for its slope"
}
