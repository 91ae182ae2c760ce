#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 9 - the bench has every row, in the form that is documented; nothing about speed
# LIMIT: 240
. "$SRCDIR/regress/lib.sh"
results=$tmp/results.json
QUICK=1 sh "$SRCDIR/bench/run" -o "$results" >"$tmp/table" 2>&1 || {
	cat "$tmp/table"
	fail "the bench has no results"
}
cat "$tmp/table"
"$BUILD/bench/wzp-bench-report" -c "$results" || fail "not of that form"
for row in media-10 media-50 media-200 media-500 media-1000 media-saturation \
    media-half fanout-10 fanout-100 fanout-1000 calls registrations \
    handshakes storm federated-signal federated-out federated-back memory aead
do
	grep -q "^$row  *relay " "$tmp/table" || fail "the table has no $row"
done
grep -q '^#define WZP_SANITIZERS 1' "$BUILD/config.h" ||
    grep -q '^allocs  *relay ' "$tmp/table" || fail "the table has no allocs"
# What the system has not is left out, and says so.
if grep -q '^#define WZP_SANITIZERS 1' "$BUILD/config.h"; then
	grep -q '"instructions": *"the sanitizers' "$results" ||
	    fail "instructions are neither there nor left out"
elif command -v valgrind >/dev/null; then
	grep -q '^instructions  *relay  *1[0-9][0-9][0-9][0-9] for a datagram' \
	    "$tmp/table" || fail "the table has no instructions"
else
	grep -q '"instructions": *"install the package valgrind"' \
	    "$results" || fail "instructions are neither there nor left out"
fi
if command -v "${TURNSERVER:-turnserver}" >/dev/null; then
	grep -q '^turn  *relay .* ratio .*, at most 0.35: ' "$tmp/table" ||
	    fail "the table has no turn"
else
	grep -q '"turn": *"no turnserver: install the package coturn"' \
	    "$results" || fail "turn is neither there nor left out"
fi
grep -q '^media-half .* added_p99_ms .*, at most 2.00: ' "$tmp/table" ||
    fail "media-half does not say what was added"
# What the load has sent and got is what the relay has counted.
! grep -q '"counters_agree": *false' "$results" ||
    fail "the load and the relay do not count the same"
grep -q '"counters_agree": *true' "$results" ||
    fail "nobody has asked the relay what it counted"
grep -q '"void": *"a quick run' "$results" ||
    fail "a quick run says that it has figures"
