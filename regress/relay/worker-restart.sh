#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: relay: a worker that dies comes back, and only it
. "$SRCDIR/regress/lib.sh"

relay_start "media workers 1" "federation yes"
cat >"$tmp/call.wire" <<!
include $SRCDIR/regress/wire/inc/active.inc
connect ma sni=call-c1
expect-up ma
send ma {"CallOffer":{"identity_pub":\$A.pub,"ephemeral_pub":\$E1.pub,
	"signature":\$A.sig(offer,E1),"supported_profiles":[\$GOOD],
	"alias":null,"proof":\$A.roomproof(ma,call-c1)}}
expect ma {"CallAnswer":*}
expect~ ma {"RoomUpdate":{"count":1,"participants":*}}
send alice {"Hangup":{"reason":"Normal"}}
expect bob {"Hangup":{"reason":"Normal"}}
!

restarts()
{
	ctl -j show workers | tr '{' '\n' | grep "\"name\": *\"$1\"" |
	    json_field restarts
}
restarted()
{
	[ "$(restarts "$1")" = 1 ]
}
call()
{
	peer "$tmp/call.wire" >"$tmp/out" 2>&1
}
others()
{
	for o in keyd doord signald mediad registryd controld federd; do
		[ "$o" = "$1" ] || worker_pid "$o"
	done
}

call || {
	cat "$tmp/out"
	fail "no call before anything"
}
for w in doord signald mediad registryd controld federd keyd; do
	before=$(others "$w")
	pid=$(worker_pid "$w")
	[ -n "$pid" ] || fail "no $w"
	kill -9 "$pid"
	until_true 10 restarted "$w" || {
		ctl -j show workers
		fail "$w was not restarted"
	}
	[ "$(others "$w")" = "$before" ] ||
	    fail "another worker than $w is new"
	until_true 10 call || {
		cat "$tmp/out"
		fail "no call after $w has died"
	}
	echo "$w: restarted"
done
relay_stop
