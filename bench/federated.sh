#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# make bench: two relays of this build on loopback, pairs of people behind
# them, and what each worker needs of the CPU for a datagram and a signal from
# one to the other.  BENCH_PAIRS, BENCH_SECONDS, BENCH_CALLS: how much.
#
# shellcheck disable=SC1091
. "$SRCDIR/regress/federation/fed.inc"

pairs=${BENCH_PAIRS:-100}
fed_relay a "media workers 1"
fed_relay b "media workers 1"
fed_link a b
fed_start a b
fed_up a b

set --
for r in a b; do
	for w in mediad federd signald; do
		for p in $(fed_workers $r $w); do
			set -- "$@" -p "$r:$w:$p"
		done
	done
done
echo "$pairs pairs, $(nproc) processors, load" \
    "$(cut -d ' ' -f 1 /proc/loadavg) from others before the start"
"$BUILD/bench/wzp-bench" -n "$pairs" -s "${BENCH_SECONDS:-5}" \
    -c "${BENCH_CALLS:-100}" "$@" "$(cat "$tmp/a/at")" "$(cat "$tmp/b/at")" ||
    fail "the bench has no result"
fed_done
