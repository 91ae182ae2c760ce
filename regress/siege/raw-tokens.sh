#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: Initials with tokens that are not ours
. "$SRCDIR/regress/siege/siege.inc"
siege_begin
siege_raw -n 2000 tokens
siege_count doord dropped_token 1 2000
siege_count doord begun 0 0
siege_log 'doord: dropped [0-9]* packets that begin no connection' 15
siege_end
