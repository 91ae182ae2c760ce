#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6 - direct calls over 20 ms with 5 % loss, 16 pairs of NATs
# LOAD: light
# LIMIT: 600
. "$SRCDIR/regress/nat/matrix.inc"
matrix "$CONES" "$CONES" 20 5
