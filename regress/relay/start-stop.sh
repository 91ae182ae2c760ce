#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: relay: start, ready, orderly stop by SIGTERM and SIGINT
. "$SRCDIR/regress/lib.sh"

relay_start
for w in keyd doord signald mediad registryd controld; do
	[ -n "$(worker_pid "$w")" ] || fail "no $w"
done
children=$(cat "/proc/$relay_pid/task/$relay_pid/children")
cat >"$tmp/ping.wire" <<-!
	connect p sni=ping
	expect-up p
	expect-close p app code=0 reason=""
!
peer "$tmp/ping.wire" || fail "no answer to ping"
ctl show workers || fail "wzpctl show workers"
relay_stop
for p in $children; do
	! kill -0 "$p" 2>/dev/null || fail "process $p is left over"
done
relay_healthy
[ ! -S "$relay_sock" ] || fail "the control socket is left over"

# The same place again, at once, and SIGINT.
relay_restart
peer "$tmp/ping.wire" || fail "no answer to ping after a restart"
kill -INT "$relay_pid"
relay_wait_gone || fail "SIGINT does not stop it"
wait "$relay_pid"
status=$?
relay_pid=
[ "$status" -eq 0 ] || fail "after SIGINT the status is $status"
ctl show workers 2>"$tmp/err" && fail "wzpctl says ok without a relay"
[ -s "$tmp/err" ] || fail "wzpctl says nothing without a relay"
