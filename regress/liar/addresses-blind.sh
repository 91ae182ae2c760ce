#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6, dishonest relay - both led to somebody who knows nothing
# COVERS: of their checks: nobody dials, relayed
. "$SRCDIR/regress/liar/liar.inc"

one_call addresses-blind 1
grep -q '^candidates' "$dir/liar.log" || liar_fail "no candidates were sent"
! grep -q 'dialled the impostor' "$dir/liar.log" ||
    liar_fail "somebody was dialled without an answered check"
! has alice path '"path": *"direct"' || liar_fail "the path is direct"
has alice exit '"ok": *true' && believes alice && believes bob ||
    liar_fail "the call did not go on"
"$audio/gap" "$dir/heard.wav" || liar_fail "nothing was heard"
