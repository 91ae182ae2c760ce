#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: relay: a worker that keeps dying comes back after growing pauses,
# COVERS: relay: is reported as a crash loop, and takes nobody with it; one
# COVERS: relay: that has served for two seconds begins with the shortest pause
. "$SRCDIR/regress/lib.sh"

# cell NAME INSTANCE CELL: of `show workers'
cell()
{
	ctl -j show workers | tr '{' '\n' | grep "\"name\": *\"$1\"" |
	    grep "\"instance\": *$2[,}]" | json_field "$3"
}
pids()
{
	ctl -j show workers | tr '{' '\n' | grep -v '"name": *"doord"' |
	    json_field pid
}
# came_back WORKER INSTANCE RESTARTS
came_back()
{
	[ "$(cell "$1" "$2" restarts)" = "$3" ] &&
	    [ "$(cell "$1" "$2" state)" = serving ]
}
# die WORKER INSTANCE RESTARTS: once more, and back
die()
{
	kill -9 "$(cell "$1" "$2" pid)" || fail "no $1 $2"
	until_true 15 came_back "$1" "$2" "$3" || {
		ctl show workers
		fail "$1 $2 does not come back the $3. time"
	}
}
pauses()
{
	sed -n "s/^relayd: $1: next start in \([0-9]* ms\)$/\1/p" \
	    "$relay/log" | tr '\n' ' '
}

relay_start "media workers 2"
before=$(pids)
for i in 1 2 3 4; do
	die doord 0 $i
done
# Not yet: four deaths are no loop.
[ "$(cell doord 0 crash_loop)" = false ] || fail "four deaths are a loop"
[ "$(cell doord 0 deaths_last_minute)" = 4 ] || fail "not four deaths"
! grep -q 'crash loop' "$relay/log" || fail "four deaths are logged as loop"
die doord 0 5
[ "$(cell doord 0 crash_loop)" = true ] || fail "five deaths are no loop"
[ "$(cell doord 0 generation)" = 6 ] || fail "not the sixth generation"
grep -q 'doord: crash loop, 5 deaths within a minute' "$relay/log" ||
    fail "the loop is not logged"
[ "$(pauses doord)" = "100 ms 200 ms 400 ms 800 ms 1600 ms " ] ||
    fail "pauses of doord: $(pauses doord)"
# The controls: the others live, and none of them is said to loop.
[ "$(pids)" = "$before" ] || fail "another worker than doord is new"
[ "$(cell mediad 1 crash_loop)" = false ] || fail "mediad 1 is in a loop too"
[ "$(cell mediad 1 generation)" = 1 ] || fail "another mediad 1"

# One that has served begins anew; one that has not goes on.
served()
{
	[ "$(cell mediad 1 uptime_s)" -ge 3 ]
}
for i in 1 2; do
	until_true 10 served || fail "mediad 1 does not serve for three seconds"
	die mediad 1 $i
done
[ "$(pauses "mediad 1")" = "100 ms 100 ms " ] ||
    fail "pauses of mediad 1: $(pauses "mediad 1")"
[ "$(cell mediad 0 restarts)" = 0 ] || fail "mediad 0 was restarted"
relay_stop
