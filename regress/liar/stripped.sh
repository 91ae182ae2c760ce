#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6, dishonest relay - keys taken away: marked, and refused
# COVERS: with --require-e2e
# shellcheck disable=SC2034
. "$SRCDIR/regress/liar/liar.inc"

one_call stripped 1
told
has alice media_start '"e2e": *false' && has bob media_start '"e2e": *false' ||
    liar_fail "the call is not marked, or was not made"
! believes alice && ! believes bob || liar_fail "believed"
has alice exit '"ok": *true' || liar_fail "alice's call did not go well"

# Each of them may insist.
one_call stripped 1 --require-e2e
told
grep -q '"text": *"[^"]*end-to-end' "$dir/alice/events" ||
    liar_fail "alice does not say why"
! has alice media_start && ! has bob media_start ||
    liar_fail "alice's client does not insist"

bob_insists=--require-e2e
one_call stripped 1
told
grep -q '"text": *"[^"]*end-to-end' "$dir/bob/events" ||
    liar_fail "bob does not say why"
! has alice media_start && ! has bob media_start ||
    liar_fail "bob's client does not insist"

# The same without the check.
bob_insists=
off_alice=require-e2e
one_call stripped 1 --require-e2e
has alice media_start || liar_fail "without require-e2e it is refused too"
