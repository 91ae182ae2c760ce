#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6 - direct calls over 20 ms with 5 % loss, all 81 pairs
# LOAD: light
# long: yes
# LIMIT: 3000
. "$SRCDIR/regress/nat/matrix.inc"
matrix "$KINDS" "$KINDS" 20 5
