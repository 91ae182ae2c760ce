#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: a flood of Initials nobody can decipher, from one address and
# COVERS: siege: from 400 forged ones
. "$SRCDIR/regress/siege/siege.inc"
siege_begin
siege_raw -n 2000 initial
siege_raw -n 4000 -a 400 initial
siege_count doord begun 0 0
siege_count doord received 6000
siege_log 'doord: dropped [0-9]* packets that begin no connection' 15
siege_end
