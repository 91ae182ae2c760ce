#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 3 - 100 connection attempts a second while 50 calls run
# LOAD: alone
# LIMIT: 900
. "$SRCDIR/regress/storm/storm.inc"

storm_lock
storm_relay
remember "$tmp/before"
storm_start -p 1 -q 0 -i 1 -R 4 -a "${ATTEMPTS:-100}"
sleep "${SECONDS_OF_STORM:-10}"
storm_settle
storm_end
gaps >"$tmp/gaps"
judged "calls suffer from a crowd at the door" -x -g "$tmp/gaps" \
    "$tmp/storm.log" /dev/null
quiet "$tmp/before"
relay_stop
