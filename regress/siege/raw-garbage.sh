#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: packets of noise, of every length, longer than any of QUIC
. "$SRCDIR/regress/siege/siege.inc"
siege_begin
siege_raw -n 2000 garbage
siege_raw -n 3002 lengths
siege_raw -n 300 oversize
# Half of the noise is a short header, and none begins anything.
siege_count doord received 5000
siege_count doord dropped_unknown 2000
siege_count doord begun 0 0
siege_log 'doord: dropped [0-9]* packets that begin no connection' 15
siege_end
