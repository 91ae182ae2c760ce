#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 9 - the relay keeps clients that say nothing of their own: it asks them after 10 s of silence, and not earlier
# LOAD: light
# LIMIT: 90
. "$SRCDIR/regress/idle/idle.inc"

# asked SECONDS FROM TO: who was silent for SECONDS got so many datagrams each
asked()
{
	: >"$tmp/idle.out"
	idle_say "idle $1" idle "$(($1 + 30))"
	echo "$said"
	said_is registered "$people"
	each=$(echo "$said" | json_field in)
	if [ "$each" -lt "$(($2 * people))" ] ||
	    [ "$each" -gt "$(($3 * people))" ]; then
		fail "$people who were silent for $1 s got $each datagrams"
	fi
}

relay_start
# Their own keep-alive is never due: each question of the relay puts it off.
idle_start 10 -k 29000
idle_say register registered 30
said_is registered 10
idle_say "idle 4" idle 30
# 30 s is as long as the idle time; every 10 s are three questions, and one of
# them may fall on an edge.  Every 6 s would be five.
asked 30 2 4
everybody
# The control: somebody who is not asked so often is noticed.
if said=$( (trap - EXIT; asked 2 2 4) 2>&1); then
	fail "2 s are enough for two questions"
fi
idle_end
relay_stop
