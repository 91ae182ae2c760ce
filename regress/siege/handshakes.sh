#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: handshakes begun and abandoned, with signald and with mediad,
# COVERS: siege: from addresses that are forged as well
# LOAD: light
. "$SRCDIR/regress/siege/siege.inc"
# Half a handshake ends by itself, ten seconds later.
SIEGE_SETTLE=40
siege_script abandoned <<'!'
repeat 60
connect c$i sni=_signal from=127.0.$i.1
vanish c$i
connect m$i sni=lobby from=127.0.$i.2
vanish m$i
end
!
siege_begin "limit initial-rate 1000000" "limit handshake-rate 1000000"
siege_wire abandoned
siege_count doord begun 120 120
ended()
{
	siege_reached signald unfinished 60 && siege_reached mediad unfinished 60
}
siege_until 20 ended || fail "half a handshake has no end"
siege_count signald unfinished 60 60
siege_count mediad unfinished 60 60
siege_count signald registered 0 0
siege_log 'signald: 127.0.[0-9]*.1:[0-9]*: handshake not finished' 25
siege_log 'mediad[ 0-9]*: 127.0.[0-9]*.2:[0-9]*: handshake not finished' 25
siege_end
