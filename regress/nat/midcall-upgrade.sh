#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6, mid-call - from the relay to a direct path that appears in
# COVERS: mid-call
# LIMIT: 120
. "$SRCDIR/regress/nat/midcall.inc"

midcall_begin lab_cut direct
midcall_on relay 5
midcall_listen 3
lab_restore
midcall_on direct 60
midcall_listen
midcall_end upgrade 20
