#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6, dishonest relay - two offers mixed up
# shellcheck disable=SC2034
. "$SRCDIR/regress/liar/liar.inc"

# mixed LIE: carol's call is held back, then alice calls; the victim is $1
mixed()
{
	relay_that "$1"
	waits
	person carol call "$bob" --play "$tmp/said.wav"
	until_true 10 has carol ringing || liar_fail "carol hears nothing"
	calls
	:
	until_true 10 settled || liar_fail "bob's call does not end"
	kill "$pid_carol" 2>/dev/null
	over carol 10
	good_night
	told
}

mixed offer-mixed
grep -q '"text": *"[^"]*not signed by the caller' "$dir/bob/events" ||
    liar_fail "bob does not say why"
! believes bob || liar_fail "bob believes it"

off_bob=offer-signature
mixed offer-mixed
believes bob || liar_fail "without offer-signature bob does not believe it"
