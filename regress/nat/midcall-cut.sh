#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6, mid-call - the direct path cut and restored
# LIMIT: 120
. "$SRCDIR/regress/nat/midcall.inc"

midcall_begin
midcall_on direct "$DIRECT_S"
midcall_listen
lab_cut direct
midcall_on relay 5
midcall_listen
lab_restore
midcall_on direct 30
midcall_listen
midcall_end cut 500
