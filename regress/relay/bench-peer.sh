#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 9 - another relay is measured beside ours, by the same load
# LIMIT: 120
. "$SRCDIR/regress/lib.sh"
results=$tmp/results.json
QUICK=1 BENCH_ONLY="media-50 handshakes" sh "$SRCDIR/bench/run" \
    -o "$results" --peer "$SRCDIR/bench/relayd-peer" >"$tmp/table" 2>&1 || {
	cat "$tmp/table"
	fail "the bench has no results"
}
cat "$tmp/table"
for row in media-50 handshakes; do
	for who in relay peer; do
		grep -q "^$row  *$who " "$tmp/table" ||
		    fail "the table has no $row of $who"
	done
done
"$BUILD/bench/wzp-bench-report" -c "$results" || fail "not of that form"
# Only ours is asked what it has counted.
grep -q '"counters_agree": *null' "$results" || fail "the peer was asked"
