#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: relay: a client that lost its relay comes back by a session ticket,
#	also to a new signald; not with `resumption no'
# LIMIT: 60
. "$SRCDIR/regress/lib.sh"

stat_of()
{
	ctl -j show stats | tr '{' '\n' | grep '"worker": *"signald"' |
	    tr ',' '\n' | json_field "$1"
}
registered()
{
	[ "$(stat_of clients)" = 1 ]
}
gone()
{
	[ -z "$(worker_pid signald)" ] || [ "$(worker_pid signald)" != "$pid" ]
}
# come_back EXPECTED: how many of the new signald's handshakes had a ticket
come_back()
{
	pid=$(worker_pid signald)
	kill -9 "$pid"
	until_true 10 gone || fail "signald lives"
	until_true 20 registered || fail "the client did not come back"
	[ "$(stat_of resumed)" = "$1" ] || {
		ctl -j show stats
		fail "resumed: $(stat_of resumed), not $1"
	}
}

relay_start "media workers 1" "resumption yes"
mkdir "$tmp/home"
"$WZP" -i "$tmp/home/identity" -r "$relay_addr" --mute listen \
    >"$tmp/events" 2>&1 &
wzp=$!
until_true 10 registered || {
	cat "$tmp/events"
	fail "not registered"
}
[ "$(stat_of resumed)" = 0 ] || fail "resumed without a ticket"
come_back 1
echo "by a ticket"
come_back 1
echo "by the ticket that came then"
sed 's/^resumption yes/resumption no/' "$relay/relayd.conf" >"$tmp/conf"
cat "$tmp/conf" >"$relay/relayd.conf"
ctl reload >/dev/null || fail "reload"
come_back 0
echo "not with resumption no"
kill "$wzp"
wait "$wzp"
relay_healthy "signald died"
