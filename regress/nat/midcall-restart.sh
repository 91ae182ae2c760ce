#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6, mid-call - the relay restarted in good order during a
# COVERS: direct call
# LIMIT: 120
. "$SRCDIR/regress/nat/midcall.inc"

midcall_begin
midcall_on direct "$DIRECT_S"
midcall_listen
relay_stop
midcall_listen 1
relay_restart
midcall_listen 4
midcall_on direct 1
midcall_end "relay restart" 20
