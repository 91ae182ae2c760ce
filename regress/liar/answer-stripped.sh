#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6, dishonest relay - the keys of the answer taken away:
# COVERS: marked, and refused with --require-e2e
. "$SRCDIR/regress/liar/liar.inc"

one_call answer-stripped 1 --require-e2e
told
grep -q '"text": *"[^"]*end-to-end' "$dir/alice/events" ||
    liar_fail "alice does not say why"
! has alice media_start || liar_fail "alice's client does not insist"

one_call answer-stripped 1
told
has alice media_start '"e2e": *false' && ! believes alice ||
    liar_fail "the call is not marked"
# Bob, who takes nothing that is not sealed, heard nothing.
[ "$(value bob call_end refused)" -gt 0 ] || liar_fail "bob took it"
