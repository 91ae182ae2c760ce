#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 9 - 10,000 idle clients that have proved their keys, under the default limits: kept for a minute, a hundred ring, memory and CPU for each
# LOAD: alone
# LIMIT: 900
# long: yes
. "$SRCDIR/regress/idle/idle.inc"
relay_start
idle_start "${IDLE_CLIENTS:-10000}"
idle_case 60
