#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6, dishonest relay - control: the same relay lets a good call
# COVERS: be made
. "$SRCDIR/regress/liar/liar.inc"

one_call none 1
believes alice && believes bob || liar_fail "not encrypted end to end"
has alice exit '"ok": *true' || liar_fail "alice's call did not go well"
words=$(value alice e2e words)
[ -n "$words" ] && [ "$words" = "$(value bob e2e words)" ] ||
    liar_fail "the words differ"
has alice path '"path": *"direct"' && has bob path '"path": *"direct"' ||
    liar_fail "no direct path"
[ "$(value bob call_end refused)" = 0 ] || liar_fail "media was refused"
"$audio/gap" "$dir/heard.wav" || liar_fail "nothing was heard"
