#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 5 - a global room over three relays: who is in it, what is
# COVERS: said there, who has left, one relay away and back
. "$SRCDIR/regress/federation/fed.inc"

for r in a b c; do
	fed_relay $r 'global room "General"'
done
# Each with each: what comes twice is heard once.
fed_link a b
fed_link b c
fed_link a c
fed_start a b c
fed_up a b
fed_up b c
fed_up a c
"$audio/source" speech 13 "$speech" "$tmp/said.wav" >/dev/null ||
    fail "no speech"

# count WHO: in the room, as told last
count()
{
	fed_event "$1" room_update | json_field count
}
all_count()
{
	until_true 10 fed_counts "$@" || {
		shift
		fail "not everybody is known to everybody: $(for who; do
			echo "$who sees $(count "$who");"
		done)"
	}
}

fed_person bob b room general --mute --record "$tmp/bob.wav"
fed_person carol c room general --mute --record "$tmp/carol.wav"
fed_person dave a room general --mute --record "$tmp/dave.wav"
# Another room is nobody else's affair.
fed_person eve c room lobby --mute
all_count 3 bob carol dave
all_count 1 eve
fed_person alice a room general --play "$tmp/said.wav"
all_count 4 alice bob carol dave
fed_leaves alice 60
all_count 3 bob carol dave

# Who is at a relay that cannot be reached is not there.
fed_ctl c peer a down && fed_ctl c peer b down || fail "down is refused"
all_count 1 carol
all_count 2 bob dave
fed_ctl c peer a up && fed_ctl c peer b up || fail "up is refused"
all_count 3 bob carol dave
fed_end b
all_count 2 carol dave
fed_start b
until_true 20 fed_counts 3 bob carol dave || all_count 3 bob carol dave

for who in bob carol dave eve; do
	kill -INT "$(cat "$tmp/$who/pid")"
done
for who in bob carol dave; do
	fed_leaves $who 10
	case $who in
	dave | carol)
		fed_heard "$tmp/said.wav" "$tmp/$who.wav"
		;;
	esac
done
fed_done
