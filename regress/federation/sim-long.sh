#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: federation - what finding people costs a relay at 10, 100 and 1000 relays with 10,000 people each
# long: yes
# LIMIT: 900
. "$SRCDIR/regress/lib.sh"

"$PWD/regress/federation/sim" -n 10,100,1000 -p 10000 -j "$tmp/sim.json" ||
    fail "it costs too much"
cat "$tmp/sim.json"
