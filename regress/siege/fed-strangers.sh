#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: relays nobody knows: fingerprints too short (gap 52), others'
. "$SRCDIR/regress/siege/siege.inc"
SIEGE_SETTLE=60
siege_peer north N
siege_peer west W address legacy
siege_begin
siege_wire fed-short
siege_count federd refused_links 4 4
siege_log 'federd: .*refused'
siege_end
