#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6, mid-call - control: a client that stays on its direct path
# COVERS: is noticed
# LIMIT: 120
. "$SRCDIR/regress/nat/midcall.inc"

WZP=$BUILD/regress/nat/wzp-stubborn
# The same with paths.c taken out: what was heard must have a hole.
midcall_begin
midcall_on direct "$DIRECT_S"
midcall_listen
lab_cut direct
sleep 3
lab_restore
midcall_listen
if (midcall_end cut 500) >"$tmp/verdict" 2>&1; then
	cat "$tmp/verdict"
	midcall_fail "a hole of three seconds goes unnoticed"
fi
tail -n 1 "$tmp/verdict"
