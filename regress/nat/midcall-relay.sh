#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6, mid-call - all of the relay killed and started again
# COVERS: during a direct call
# LIMIT: 120
. "$SRCDIR/regress/nat/midcall.inc"

midcall_begin
midcall_on direct "$DIRECT_S"
midcall_listen
for p in $(cat "/proc/$relay_pid/task/$relay_pid/children") "$relay_pid"; do
	kill -9 "$p"
done
relay_wait_gone
midcall_listen 1
relay_restart
midcall_listen 4
midcall_on direct 1
midcall_end "relay restart" 20
