#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: tokens: a call between two `wzp --token' on a relay that wants them
. "$SRCDIR/regress/lib.sh"
. "$SRCDIR/regress/auth/lib.sh"

for p in a b; do
	mkdir "$tmp/$p"
done
(umask 077
echo 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f \
    >"$tmp/a/identity"
echo 404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f \
    >"$tmp/b/identity")
auth_person tok-a "$FP_A"
auth_person tok-b "$FP_B"
auth_start
relay_start "auth url \"http://127.0.0.1:$auth_port/\""

# wzp_as PERSON ARGUMENT...
wzp_as()
{
	person=$1
	shift
	"$WZP" --json -r "$relay_addr" -i "$tmp/$person/identity" "$@"
}

wzp_as b --token tok-b --mute listen --once >"$tmp/b/events" 2>&1 &
listener=$!
wait_for "$tmp/b/events" '"registered"' 10
wzp_as a --token tok-a --tone 440 call "$FP_B" --seconds 1 \
    >"$tmp/a/events" 2>&1 || {
	cat "$tmp/a/events"
	fail "no call with tokens"
}
wait "$listener" || {
	cat "$tmp/b/events"
	fail "the called client ends with an error"
}
# Each on _signal and in the room.
[ "$(auth_asked tok-a)" = 2 ] || fail "tok-a: asked $(auth_asked tok-a) times"
[ "$(auth_asked tok-b)" = 2 ] || fail "tok-b: asked $(auth_asked tok-b) times"

# Negative control: without a token, and with another person's.
for t in '' '--token tok-b'; do
	# shellcheck disable=SC2086
	if wzp_as a $t --mute call "$FP_B" --seconds 1 >"$tmp/a/events" 2>&1
	then
		cat "$tmp/a/events"
		fail "a call with ${t:-no token}"
	fi
done
relay_stop
relay_healthy
