#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: relay: start, ready, orderly stop by SIGTERM and SIGINT, background
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

# In the background: our caller waits until all serve, and hears how it went.
# The file is named from a directory that the relay leaves.
: >"$relay/log"
(cd "$relay" && "$RELAYD" -L "$BUILD" -f relayd.conf) >"$tmp/out" 2>&1 || {
	cat "$tmp/out"
	fail "no start in the background"
}
pid=$(ctl -j show workers | tr '{' '\n' | grep '"name": *"keyd"' |
    json_field pid)
relay_pid=$(sed 's/.*) . \([0-9]*\) .*/\1/' "/proc/$pid/stat")
[ "$(cat "/proc/$relay_pid/comm")" = relayd ] || {
	relay_pid=
	fail "keyd is not a child of relayd"
}
peer "$tmp/ping.wire" || fail "no answer to ping from the background"
ctl reload || fail "no reload in the background"
kill "$relay_pid"
relay_wait_gone || fail "it stays in the background"
relay_pid=
# It says no by its status: no worker is there, or but the first;
# the identity is damaged.
mkdir "$tmp/none"
for w in "" keyd; do
	[ -z "$w" ] || ln -s "$BUILD/$w/$w" "$tmp/none/$w"
	timeout -k 1 10 "$RELAYD" -d -L "$tmp/none" -f "$relay/relayd.conf" \
	    >"$tmp/out" 2>&1
	status=$?
	[ "$status" -eq 1 ] && grep -q "$tmp/none/" "$tmp/out" || {
		cat "$tmp/out"
		fail "status $status without workers"
	}
done
mv "$relay/relay.seed" "$relay/seed"
echo nonsense >"$relay/relay.seed"
chmod 600 "$relay/relay.seed"
if "$RELAYD" -L "$BUILD" -f "$relay/relayd.conf" >"$tmp/out" 2>&1; then
	fail "status 0, though the identity is damaged"
fi
