#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 5 - a ring of five relays and a global room: at most two
# COVERS: messages a link for each who joins or leaves, silence within 1 s
. "$SRCDIR/regress/federation/fed.inc"

relays="a b c d e"
links=5
for r in $relays; do
	fed_relay $r 'global room "general"'
done
for l in a-b b-c c-d d-e e-a; do
	fed_link "${l%-*}" "${l#*-}"
done
# shellcheck disable=SC2086
fed_start $relays
for l in a-b b-c c-d d-e e-a; do
	fed_up "${l%-*}" "${l#*-}"
done

# Signals that all of them have sent to each other, by their own counters.
sent()
{
	for r in $relays; do
		fed_ctl "$r" -j show peers | tr '}' '\n' |
		    json_field signals_out
	done | awk '{ n += $1 } END { print n + 0 }'
}
# quiet: sets $now when nothing was sent for a second and a half; $took is how
# long after $begun the last one was seen
still()
{
	total=$(sent)
	t=$(date +%s%3N)
	[ "$total" = "$now" ] || {
		now=$total
		last=$t
	}
	[ $((t - last)) -ge 1500 ]
}
quiet()
{
	now=
	until_true 15 still || fail "they do not stop talking: $now messages"
	took=$((last - begun))
}
# A client that the machine kept waiting for too long leaves and comes again
# by itself: changes that were not meant, of all so far.
unmeant()
{
	cat "$tmp"/p*/events | grep -c '"event":"media_lost"'
}
# said WHY: what that costs, when it is over; not for nothing
said()
{
	quiet
	echo "$1: $((now - before)) messages over $links links," \
	    "the last one $took ms after that (goal 1000)"
	[ $((now - before)) -ge 4 ] || fail "nobody was told: $1"
	lost_now=$(unmeant)
	most=$((2 * links * (1 + 2 * (lost_now - lost))))
	lost=$lost_now
	[ $((now - before)) -le "$most" ] ||
	    fail "$((now - before)) messages: $1"
	[ "$took" -le 3000 ] || fail "not silent after $took ms"
	before=$now
}

begun=$(date +%s%3N)
quiet
before=$now
people=
lost=0
i=0
for r in a c; do
	i=$((i + 1))
	people="$people p$i"
	fed_person p$i $r room general --mute
	fed_until p$i media_start 10
	begun=$(date +%s%3N)
	# shellcheck disable=SC2086
	until_true 10 fed_counts $i $people || fail "not all $i are known to all"
	said "p$i joins at $r"
done
while [ $i -gt 0 ]; do
	fed_hangs_up p$i
	begun=$(date +%s%3N)
	people=${people% p"$i"}
	i=$((i - 1))
	# shellcheck disable=SC2086
	until_true 10 fed_counts $i $people || fail "not all know that one has left"
	said "one leaves"
done
fed_done
