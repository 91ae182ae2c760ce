#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: limit datagram-rate: past it dropped and counted, of one sender
# COVERS: limit join-rate, join-source-rate: past them the room is closed
# COVERS: limits: rooms and participants are shown as used and refused
. "$SRCDIR/regress/lib.sh"
. "$SRCDIR/regress/relay/limits.inc"

ROOM=$SRCDIR/regress/wire/inc/room.inc

# One sends eighty at once where fifty a second are allowed; the other, in
# the same room, notices nothing.
cat >"$tmp/datagrams.wire" <<!
include $ROOM
pulse ba mb ma 50
repeat 80
datagram ma 0034000000000000000000006161
end
repeat 50
expect-datagram mb 0034000000000000000000006161
end
expect-none mb 200
expect-pulse ba lost=0 least=4
shell sleep 1
datagram ma 0034000000000000000000006262
expect-datagram mb 0034000000000000000000006262
!
# Joins: everything that may be refused looks the same to the client.
join()
{
	cat <<!
connect $1 sni=$2
expect-up $1
send $1 {"CallOffer":{"identity_pub":\$$3.pub,"ephemeral_pub":\$$4.pub,
	"signature":\$$3.sig(offer,$4),"supported_profiles":[\$GOOD],
	"alias":null}}
!
}
joined()
{
	join "$@"
	echo "expect $1 {\"CallAnswer\":*}"
	echo "expect~ $1 {\"RoomUpdate\":*}"
}
{
	joined a one A E1
	echo 'close a 0 "bye"'
	joined a2 two A E2
	echo 'close a2 0 "bye"'
	join a3 three A E3
	echo 'expect-close a3 app code=0 reason="normal close"'
} | script person
{
	joined a one A E1
	joined b two B E2
	join c three C E3
	echo 'expect-close c app code=0 reason="normal close"'
	# Who was in a room before does not suffer.
	echo 'close b 0 "bye"'
	joined b2 two B E4
} | script source
{
	joined a one A E1
	joined b one B E2
	echo 'expect~ a {"RoomUpdate":*}'
	join c one C E3
	echo 'expect c {"CallAnswer":*}'
	echo 'expect-close c app code=0 reason="normal close"'
	# One participant too many, and a room too many.
	join c2 two C E4
	echo 'expect c2 {"CallAnswer":*}'
	echo 'expect-close c2 app code=0 reason="normal close"'
} | script full

relay_start "media workers 1" "limit datagram-rate 50"
peer "$tmp/datagrams.wire" >"$tmp/out" 2>&1 || {
	cat "$tmp/out"
	fail "datagrams: $(tail -n 1 "$tmp/out")"
}
[ "$(limit datagram-rate refused)" = 30 ] ||
    fail "$(limit datagram-rate refused) datagrams dropped, not 30"
[ "$(stat_of mediad datagrams_crowded)" = 30 ] || fail "not counted"
relay_stop
relay_healthy
# Control: by default all eighty arrive.
relay_start "media workers 1"
if peer "$tmp/datagrams.wire" >"$tmp/out" 2>&1; then
	fail "nothing was dropped, and nobody noticed"
fi
[ "$(limit datagram-rate refused)" = 0 ] || fail "dropped by default"
relay_stop

relay_start "media workers 1" "limit join-rate 2"
wire person
[ "$(limit join-rate refused)" = 1 ] || fail "not 1 join refused"
relay_stop
relay_healthy

relay_start "media workers 1" "limit join-source-rate 2"
wire source
[ "$(limit join-source-rate refused)" = 1 ] || fail "not 1 source refused"
[ "$(over join-source-rate who)" = 127.0.0.1 ] || fail "$(ctl show limits)"
relay_stop
relay_healthy

relay_start "media workers 1" "limit participants 2" "limit rooms 1"
wire full
for l in participants rooms; do
	[ "$(limit $l refused)" = 1 ] || fail "$l: $(limit $l refused) refused"
done
[ "$(limit participants highest)" = 2 ] || fail "not 2 participants"
[ "$(limit rooms highest)" = 1 ] || fail "not 1 room"
empty()
{
	[ "$(limit rooms used)$(limit participants used)" = 00 ] &&
	    [ "$(limit source-connections used)" = 0 ]
}
until_true 5 empty || fail "something is used by nobody"
relay_stop
relay_healthy
