#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: media of a pinned relay for rooms that are not ours, past the
# COVERS: siege: rate of a sender, on connections that nobody wants
. "$SRCDIR/regress/siege/siege.inc"
SIEGE_SETTLE=60
siege_peer north N
siege_peer west W
siege_begin
siege_wire fed-lie-media ours
siege_count federd media_limited 1
siege_log 'federd: media dropped: more than [0-9]* a second of one sender' 12
siege_end
