#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6, dishonest relay - datagrams once more, at once and later:
# COVERS: dropped and counted
# shellcheck disable=SC2034
. "$SRCDIR/regress/liar/liar.inc"

one_call media-replayed 1 --relay-only
again=$(counter replayed)
repeated=$(($(value alice call_end repeated) + $(value bob call_end repeated)))
echo "again $again, repeated $repeated"
[ "$again" -gt 100 ] || liar_fail "the lie was not told"
[ "$repeated" -le "$again" ] && [ "$((repeated + 10))" -ge "$again" ] ||
    liar_fail "dropped $repeated of $again"
"$audio/gap" "$dir/heard.wav" || liar_fail "nothing was heard"

off_alice=media-replay
off_bob=media-replay
one_call media-replayed 1 --relay-only
repeated=$(value bob call_end repeated)
[ "$repeated" = 0 ] || liar_fail "without media-replay bob drops $repeated"
