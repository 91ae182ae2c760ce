#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6, dishonest relay - headers of media altered: dropped and
# COVERS: counted
# shellcheck disable=SC2034
. "$SRCDIR/regress/liar/liar.inc"

one_call media-header 1 --relay-only
touched=$(counter altered)
refused=$(($(value alice call_end refused) + $(value bob call_end refused)))
echo "touched $touched, refused $refused"
[ "$touched" -gt 20 ] || liar_fail "the lie was not told"
# What was on its way at the end counts for nobody.
[ "$refused" -le "$touched" ] && [ "$((refused + 5))" -ge "$touched" ] ||
    liar_fail "refused $refused of $touched"
believes bob && has alice exit '"ok": *true' ||
    liar_fail "the call did not go well"

off_alice=media-authentic
off_bob=media-authentic
one_call media-header 1 --relay-only
refused=$(value bob call_end refused)
[ "$refused" = 0 ] || liar_fail "without media-authentic bob refuses $refused"
