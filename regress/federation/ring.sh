#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 5 - a ring of ten: calls as far as they may go, the other way
# COVERS: round when a link is away, and a global room all around it
. "$SRCDIR/regress/federation/fed.inc"

RELAY_LIMIT=40
FED_UP=40
relays="r0 r1 r2 r3 r4 r5 r6 r7 r8 r9"
for r in $relays; do
	fed_relay $r "media workers 1" 'global room "general"'
done
next()
{
	echo "r$(((${1#r} + 1) % 10))"
}
for r in $relays; do
	fed_link $r "$(next $r)" transit
done
# shellcheck disable=SC2086
fed_start $relays
for r in $relays; do
	fed_up $r "$(next $r)"
done

# reaches CALLER'S CALLEE'S
reaches()
{
	fed_listen bob "$2" --accept generic --once --tone 440
	fed_call alice "$1" bob --tone 500 --seconds 1
	fed_leaves alice 20
	fed_leaves bob 10
	fed_both_heard alice bob
	echo "$1 to $2: rings after $(($(fed_time alice ringing) -
	    $(fed_time alice offer_sent))) ms"
}
# Four relays behind the first one, and no more (FED_PATH_MAX).
reaches r0 r1
reaches r0 r4
reaches r0 r6
fed_listen bob r5 --accept generic --mute
fed_call alice r0 bob --mute
fed_leaves alice 10 1
[ -z "$(fed_event bob incoming)" ] || fail "a call over five relays"
fed_not_found alice "r0 to r5"
fed_hangs_up bob

fed_person carol r2 room general --mute
fed_person dave r7 room general --mute
until_true 10 fed_counts 2 carol dave ||
    fail "they do not know of each other"

# The ring opened at one place: all is a line.
fed_ctl r0 peer r9 down || fail "down is refused"
fed_down r0 r9
until_true 10 fed_counts 2 carol dave ||
    fail "they do not know of each other any more"
reaches r0 r4
fed_ctl r4 peer r5 down || fail "down is refused"
fed_down r4 r5
until_true 10 fed_counts 1 carol dave ||
    fail "who cannot be reached is still there"
fed_ctl r0 peer r9 up && fed_ctl r4 peer r5 up || fail "up is refused"
fed_up r0 r9
fed_up r4 r5
until_true 10 fed_counts 2 carol dave ||
    fail "they do not find each other again"
reaches r9 r3
for who in carol dave; do
	fed_hangs_up $who
done
fed_quiet
fed_done
