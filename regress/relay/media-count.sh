#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: relay: the number of mediad raised and lowered by a reload; who is in
# COVERS: relay: a room of a mediad that is to end stays until they leave
. "$SRCDIR/regress/lib.sh"

cell()
{
	ctl -j show workers | tr '{' '\n' | grep "\"name\": *\"$1\"" |
	    grep "\"instance\": *$2[,}]" | json_field "$3"
}
is()
{
	[ "$(cell "$1" "$2" "$3")" = "$4" ]
}
gone()
{
	[ -z "$(cell mediad "$1" pid)" ]
}
reload()
{
	lines=$(grep -c '^relayd: reload: done' "$relay/log")
	sed -i "s,^media workers .*,media workers $1," "$relay/relayd.conf"
	kill -HUP "$relay_pid"
	until_true 5 reloaded || fail "no reload"
}
reloaded()
{
	[ "$(grep -c '^relayd: reload: done' "$relay/log")" -gt "$lines" ]
}
# in_rooms N: two rooms with two people each, until $tmp/end; those in the
# second one then hear each other still.  N: no key is used twice.
in_rooms()
{
	rm -f "$tmp/here" "$tmp/end"
	sed "s,^\(key E[0-9] *..\)..,\1a$1," \
	    "$SRCDIR/regress/wire/inc/people.inc" >"$tmp/people.inc"
	cp "$SRCDIR/regress/wire/inc/two-rooms.inc" "$tmp"
	cat >"$tmp/rooms.wire" <<-!
		include $tmp/two-rooms.inc
		shell touch $tmp/here
		until 20000 test -f $tmp/end
		datagram mc 0034000000000000000000006161
		expect-datagram md 0034000000000000000000006161
		datagram md 0034000100000014000000006262
		expect-datagram mc 0034000100000014000000006262
	!
	peer "$tmp/rooms.wire" >"$tmp/peer.out" 2>&1 &
	talk=$!
	until_true 10 test -f "$tmp/here" || {
		cat "$tmp/peer.out"
		fail "nobody gets into a room, round $1"
	}
}

relay_start "media workers 2"
old=$(cell mediad 0 pid)
reload 4
for i in 2 3; do
	until_true 10 is mediad $i state serving || fail "no mediad $i"
done
[ "$(cell mediad 0 pid)" = "$old" ] || fail "another mediad 0"
slot1=$(cell mediad 1 slot)
[ -n "$slot1" ] && [ "$slot1" != "$(cell mediad 3 slot)" ] ||
    fail "two have one slot"
# Each gets rooms, on the socket that was added at the end of the port.
cat >"$tmp/new.wire" <<!
include $SRCDIR/regress/wire/inc/people.inc
connect m2 sni=east* slot=4
send m2 {"CallOffer":{"identity_pub":\$A.pub,"ephemeral_pub":\$E1.pub,
	"signature":\$A.sig(offer,E1),"supported_profiles":[\$GOOD],
	"alias":null}}
expect m2 {"CallAnswer":*}
connect m3 sni=west* slot=5
send m3 {"CallOffer":{"identity_pub":\$A.pub,"ephemeral_pub":\$E2.pub,
	"signature":\$A.sig(offer,E2),"supported_profiles":[\$GOOD],
	"alias":null}}
expect m3 {"CallAnswer":*}
close m2 0 "normal close"
close m3 0 "normal close"
ignore m2
ignore m3
!
peer "$tmp/new.wire" >"$tmp/peer.out" 2>&1 || {
	cat "$tmp/peer.out"
	fail "the new ones are not reached"
}

# Nobody is there: they end at once.
reload 2
for i in 2 3; do
	until_true 10 gone $i || fail "mediad $i does not end"
done

# Two rooms, one of them on mediad 1, which is to end.
in_rooms 1
one=$(cell mediad 1 pid)
reload 1
until_true 5 is mediad 1 state draining || fail "mediad 1 is not draining"
[ "$(cell mediad 1 pid)" = "$one" ] || fail "another mediad 1"
# Wanted again before it was empty: it is the same, and drains no more.
reload 2
until_true 5 is mediad 1 state serving || fail "mediad 1 is still draining"
reload 1
until_true 5 is mediad 1 state draining || fail "mediad 1 does not drain"
[ "$(cell mediad 1 pid)" = "$one" ] || fail "another mediad 1 at last"
touch "$tmp/end"
wait "$talk" || {
	cat "$tmp/peer.out"
	fail "those inside did not hear each other to the end"
}
until_true 10 gone 1 || fail "mediad 1 does not end when it is empty"
is mediad 0 pid "$old" || fail "another mediad 0 at last"

# The slot is its own for ever.
reload 2
until_true 10 is mediad 1 state serving || fail "no mediad 1 again"
is mediad 1 slot "$slot1" || fail "another slot for mediad 1"
is mediad 1 generation 2 || fail "not the second mediad 1"

# Killed while it drains: it comes back for those who still ask for it.
in_rooms 2
reload 1
until_true 5 is mediad 1 state draining || fail "mediad 1 is not draining"
kill -9 "$(cell mediad 1 pid)"
kill "$talk"
wait "$talk" 2>/dev/null
until_true 10 is mediad 1 generation 3 || fail "mediad 1 does not come back"
until_true 20 gone 1 || fail "mediad 1 does not end at last"
relay_stop
relay_healthy 'mediad 1 died: '
