#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: a flood of unknown versions: answered at a bounded rate, with
# COVERS: siege: less than came
. "$SRCDIR/regress/siege/siege.inc"
siege_begin
siege_raw -n 3000 version
siege_count doord versions 1 1500
siege_count doord dropped_unknown 1500
siege_log 'doord: dropped [0-9]* packets that begin no connection' 15
# No amplifier: a tenth comes back at most.
out=$(sed 's/.* \([0-9]*\) bytes; .*/\1/' "$tmp/attack.out")
back=$(sed 's/.* \([0-9]*\) bytes$/\1/' "$tmp/attack.out")
[ "$back" -gt 0 ] && [ "$back" -lt $((out / 10)) ] ||
    fail "$(cat "$tmp/attack.out")"
siege_end
