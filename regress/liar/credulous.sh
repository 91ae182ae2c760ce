#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: dishonest relay: only the test build has checks that can be switched
# COVERS: off; in the client that is installed there is not even their switch
. "$SRCDIR/regress/lib.sh"

NAMES="offer-fingerprint offer-signature answer-fingerprint answer-signature
    answer-transcript direct-proof require-e2e media-authentic media-replay
    media-sealed"

[ -x "$WZP" ] || fail "no client"
if grep -q -a WZP_CREDULOUS "$WZP"; then
	fail "the client reads WZP_CREDULOUS"
fi
# The same looking finds it where it is, with each of the names.
grep -q -a WZP_CREDULOUS "$BUILD/regress/liar/wzp-credulous" ||
    fail "the test build does not read WZP_CREDULOUS"
for n in $NAMES; do
	grep -q -a -e "$n" "$BUILD/regress/liar/wzp-credulous" ||
	    fail "no check called $n in the test build"
done
