#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: a thousand control clients at once
. "$SRCDIR/regress/siege/harm.inc"

MOST=64
relay_start
siege_watch
# They say nothing and stay: so many have a place, the others hear a word.
printf '' | "$RUDE" -h "$tmp/hold" -n 1000 "$relay_sock" 2>"$tmp/err" &
rude=$!
until_true 20 test -f "$tmp/hold.up" || fail "$(cat "$tmp/err")"
"$RUDE" "$relay_sock" </dev/null >"$tmp/answer" 2>"$tmp/more" ||
    fail "$(cat "$tmp/more")"
grep -q 'too many control clients at once' "$tmp/answer" ||
    fail "one more hears '$(cat "$tmp/answer")'"
ctl show workers >"$tmp/out" 2>"$tmp/said" && fail "there is place for one more"
grep -q 'too many control clients' "$tmp/said" || fail "$(cat "$tmp/said")"
touch "$tmp/hold"
wait "$rude" || fail "$(cat "$tmp/err")"
made=$(sed -n 's,^\([0-9]*\) made.*,\1,p' "$tmp/err")
closed=$(sed -n 's,.* \([0-9]*\) closed.*,\1,p' "$tmp/err")
if [ "$made" -ne 1000 ] || [ "$closed" -lt $((1000 - MOST)) ]; then
	fail "$(cat "$tmp/err")"
fi
# Their places are free at once.
until_true 5 ctl show workers >"$tmp/out" 2>&1 || fail "$(cat "$tmp/out")"
refused=$(counter controld refused)
# Both of ours above are among them.
if [ "$refused" -lt $((1000 - MOST + 2)) ] || [ "$refused" -gt 1010 ]; then
	fail "refused: $refused"
fi
siege_calm
relay_stop
