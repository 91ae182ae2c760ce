#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: a link whose signals are longer than any may be, or break off
. "$SRCDIR/regress/siege/siege.inc"
SIEGE_SETTLE=60
siege_peer north N address legacy
siege_peer west W address legacy
siege_begin
siege_wire fed-lie-frame
siege_log 'federd: peer west: up, ' 2
siege_log 'federd: peer west: down, .*message too long' 1
siege_shown peers '"name":"west".*"broken":1,.*"links":2,'
siege_shown peers '"name":"north".*"broken":0,.*"links":1,'
siege_end
