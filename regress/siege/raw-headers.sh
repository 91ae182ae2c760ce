#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: truncated and wrong headers, IDs that name workers, nonsense
# COVERS: siege: of many packets in one datagram
. "$SRCDIR/regress/siege/siege.inc"
siege_begin
siege_raw -n 2000 long
siege_raw -n 2000 short
siege_raw -n 500 coalesced
siege_count doord received 4400
siege_count doord dropped_unknown 500
siege_count doord begun 0 0
siege_log 'doord: dropped [0-9]* packets that begin no connection' 15
siege_end
