#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 5, loss - ten speakers of a room at one relay, a listener at
# COVERS: the other one, 2 % and 100 ms there and back between them: 95 %
. "$SRCDIR/regress/federation/loss.inc"

bad_line 50 2 'global room "general"'
speakers 10 8 950
fed_done
