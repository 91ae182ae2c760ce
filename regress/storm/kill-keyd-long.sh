#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 2 - keyd killed 100 times in a storm of set-ups
# LOAD: alone
# long: yes
# LIMIT: 7200
. "$SRCDIR/regress/storm/kill.inc"
KILLS=${KILLS:-100}
kill_case keyd
