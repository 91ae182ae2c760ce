#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 9 - 100,000 idle clients that have proved their keys: all processes of the relay together take 3.2 GiB, it asks nobody who speaks
# LOAD: alone
# LIMIT: 1800
# long: yes
. "$SRCDIR/regress/idle/idle.inc"
relay_start "limit connections 110000"
idle_start "${IDLE_CLIENTS:-100000}" -s 64
idle_case 60
# A tenth more than that, for what a kernel counts otherwise.
all_below "$tmp/later" 3.52
