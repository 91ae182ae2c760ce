#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6 - direct calls over 150 ms with 0 % loss, 16 pairs of NATs
# LOAD: light
# LIMIT: 600
. "$SRCDIR/regress/nat/matrix.inc"
matrix "$CONES" "$CONES" 150 0
