#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 2 - lookupd killed at random moments of 20 set-ups a second, 50 calls
# LOAD: alone
# LIMIT: 900
. "$SRCDIR/regress/storm/kill.inc"
kill_case lookupd
