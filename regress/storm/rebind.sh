#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 3 - clients whose address changes in mid-call keep it
# LOAD: alone
# LIMIT: 900
. "$SRCDIR/regress/storm/storm.inc"

storm_lock
storm_relay
remember "$tmp/before"
storm_start -p 4 -q 4 -i 1 -R 4 -b 10
sleep "${SECONDS_OF_STORM:-8}"
storm_settle
storm_end
gaps >"$tmp/gaps"
judged "calls suffer from new addresses" -x -g "$tmp/gaps" \
    "$tmp/storm.log" /dev/null
quiet "$tmp/before"
relay_stop
