#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 5 - a ring of ten with two originals in it, opposite to each
# COVERS: other: calls to their people and past them, a global room of all
# long: yes
. "$SRCDIR/regress/federation/fed.inc"

RELAY_LIMIT=40
FED_UP=40
relays="r0 r1 r2 r3 r4 r5 r6 r7"
for r in $relays; do
	fed_relay $r "media workers 1" 'global room "general"'
done
for l in r0-r1 r1-r2 r2-r3 r4-r5 r5-r6 r6-r7; do
	fed_link "${l%-*}" "${l#*-}" transit
done
# original NAME LEFT RIGHT
originals=
original()
{
	mkdir "$tmp/$1" || exit 1
	seed=$(od -A n -t x1 -N 32 /dev/urandom | tr -d ' \n')
	person=$(od -A n -t x1 -N 32 /dev/urandom | tr -d ' \n')
	"$PEER" -t "$seed" >"$tmp/$1/fp"
	(umask 077 && echo "$person" >"$tmp/$1/person")
	"$WZP" -i "$tmp/$1/person" id >"$tmp/$1/person.fp" ||
	    fail "the person at $1 has no name"
	mkdir "$tmp/at-$1"
	cp "$tmp/$1/person.fp" "$tmp/at-$1/fp"
	echo 127.0.0.1 >"$tmp/$1/host"
	# Nobody listens there: who dials is the original.
	until fed_free_port; do
		:
	done
	echo "$relay_port" >"$tmp/$1/port"
	fed_peer "$2" "$1" legacy
	fed_peer "$3" "$1" legacy
	cat >"$tmp/$1/env" <<-!
	LEFT=$(cat "$tmp/$2/port")
	RIGHT=$(cat "$tmp/$3/port")
	SEED=$seed
	PERSON=$person
	AT=$tmp/$1
	!
	originals="$originals $1"
}
original o1 r3 r4
original o2 r7 r0
# shellcheck disable=SC2086
fed_start $relays
for l in r0-r1 r1-r2 r2-r3 r4-r5 r5-r6 r6-r7; do
	fed_up "${l%-*}" "${l#*-}"
done
for o in $originals; do
	# shellcheck disable=SC2046
	env $(cat "$tmp/$o/env") "$PEER" -p original -r 127.0.0.1:1 \
	    "$SRCDIR/regress/federation/original.wire" >"$tmp/$o/log" 2>&1 &
	echo $! >"$tmp/$o/pid"
	fed_people="$fed_people $o"
done
# so_far ORIGINAL FILE
so_far()
{
	until_true 20 test -e "$tmp/$1/$2" || {
		cat "$tmp/$1/log"
		fail "$1 has not come to: $2"
	}
}
original_up()
{
	[ "$(fed_cell "$2" "$1" state)" = up ]
}
for o in o1-r3 o1-r4 o2-r7 o2-r0; do
	so_far "${o%-*}" linked
	until_true 10 original_up "${o%-*}" "${o#*-}" ||
	    fail "no link of $o"
done

# Their people are called by those next to them.
for o in o1-r3 o2-r7; do
	fed_call alice "${o#*-}" "at-${o%-*}" --tone 500 --relay-only
	so_far "${o%-*}" talks
	fed_until alice media_start 10
	talks()
	{
		[ "$(fed_cell "${o#*-}" "${o%-*}" datagrams_out)" -ge 25 ]
	}
	until_true 10 talks || fail "${o%-*} gets no sound"
	fed_hangs_up alice
	fed_is alice call_end e2e false
	so_far "${o%-*}" ended
	call=$(fed_event alice setup | json_field call_id)
	fed_registry "${o#*-}" "$call" normal federated-relay
done

# Between the two of them all is as ever.
fed_listen bob r3 --accept generic --once --tone 440
fed_call alice r0 bob --tone 500 --seconds 1
fed_leaves alice 20
fed_leaves bob 10

# The room of everybody.
fed_person dave r2 room general --mute
fed_person eve r5 room general --mute
for o in $originals; do
	touch "$tmp/$o/join"
done
until_true 10 fed_counts 3 dave eve ||
    fail "they do not see those at the originals"
for o in $originals; do
	touch "$tmp/$o/leave"
done
until_true 10 fed_counts 1 dave eve ||
    fail "they see somebody who has left"
for who in dave eve; do
	fed_hangs_up $who
done
for o in $originals; do
	touch "$tmp/$o/end"
	until_true 10 fed_over $o || fail "$o does not end"
	wait "$(cat "$tmp/$o/pid")" || {
		cat "$tmp/$o/log"
		fail "$o is not content"
	}
done
fed_quiet
fed_done
