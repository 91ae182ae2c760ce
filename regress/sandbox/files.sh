#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: sandbox: with all mediads and listen addresses that a configuration
# COVERS: can have, and after restarts, no worker is near its limit of files
#
# Some forty processes.
# LIMIT: 400
. "$SRCDIR/regress/lib.sh"
. "$SRCDIR/regress/sandbox/sandbox.inc"

need_sandbox
is_root || skip "needs root: others may not look into /proc/PID/fd"
RELAY_LIMIT=60
SPARE=8

# room: every worker could open SPARE more
room()
{
	processes >"$tmp/processes"
	[ "$(wc -l <"$tmp/processes")" -eq 39 ] || return 1
	while read -r name instance _ pid; do
		have=$(find "/proc/$pid/fd/." ! -name . | wc -l)
		limit=$(awk '/open files/ { print $4 }' "/proc/$pid/limits")
		[ "$instance" != 0 ] || echo "$name $have of $limit"
		[ "$have" -gt 3 ] || fail "$name $instance: $have files?"
		[ $((have + SPARE)) -le "$limit" ] ||
		    fail "$name $instance: $have files of $limit"
	done <"$tmp/processes"
}

relay_port=$("$PEER" -f 20000-29999) || fail "no free port"
set -- "$FEDERATION" "$AUTH" "media workers 32"
i=3
while [ $i -le 16 ]; do
	set -- "$@" "listen on 127.0.0.$i port $relay_port"
	i=$((i + 1))
done
relay_start "$@"
room
for w in doord signald keyd; do
	p=$(worker_pid $w)
	kill -9 "$p"
	until_true 30 grep -q "relayd: $w died" "$relay/log" ||
	    fail "$w does not die"
	back()
	{
		[ "$(grep -c "relayd: $w serves" "$relay/log")" -eq 2 ]
	}
	until_true 30 back || fail "$w is not back"
done
until_true 10 room >"$tmp/out" || fail "not all workers serve"
cat "$tmp/out"
relay_healthy '^relayd: \(doord\|signald\|keyd\) died: killed by signal 9'
relay_stop
