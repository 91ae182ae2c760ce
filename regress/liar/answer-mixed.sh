#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6, dishonest relay - the answer to one call given to the
# COVERS: caller of another
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
	until_true 10 decided || liar_fail "carol waits"
	until_true 10 settled || liar_fail "bob's call does not end"
	kill "$pid_carol" 2>/dev/null
	over carol 10
	good_night
	told
}

decided()
{
	has carol hangup || has carol media_start
}

mixed answer-mixed
grep -q '"text": *"[^"]*not signed by the person called' \
    "$dir/carol/events" || liar_fail "carol does not say why"
! believes carol && ! has carol media_start || liar_fail "carol believes it"
believes alice && has alice exit '"ok": *true' ||
    liar_fail "alice's call did not go well"

off_carol=answer-signature
mixed answer-mixed
believes carol ||
    liar_fail "without answer-signature carol does not believe it"
