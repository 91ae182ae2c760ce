#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: a hundred connections that never register
. "$SRCDIR/regress/siege/siege.inc"
siege_script silent <<'!'
repeat 100
connect c$i sni=_signal
expect-up c$i
ignore c$i
end
limit 20000
expect-close c100 app code=0
!
siege_begin "limit register 1 second"
siege_wire silent
siege_count signald silent 100 100
siege_count signald registered 0 0
siege_log 'signald: 127.0.0.1:[0-9]*: registration refused: not in time' 20
siege_end
