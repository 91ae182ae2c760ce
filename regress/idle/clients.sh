#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 9 - a thousand idle clients that have proved their keys, under the default limits: kept for more than their idle time, a hundred ring, memory and CPU for each
# LOAD: alone
# LIMIT: 120
. "$SRCDIR/regress/idle/idle.inc"
relay_start
# QUIC takes the shorter of both sides' idle times (RFC 9000 10.1).
idle_start "${IDLE_CLIENTS:-1000}" -I 6000 -k 2000
idle_case 10
