#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: first flights of others, sent again a thousand times, with
# COVERS: siege: another ID and with a wrong bit
. "$SRCDIR/regress/siege/siege.inc"
port=$("$PEER" -f 20000-29999) || fail "no free port"
"$ATTACK" -n 2 record 127.0.0.1 "$port" >"$tmp/flight" &
recorder=$!
listens()
{
	[ -s "$tmp/flight" ]
}
until_true 5 listens || fail "nobody listens"
siege_script dial <<!
connect a sni=_signal to=127.0.0.1:$port
shell until [ "\$\$(wc -l <"$tmp/flight")" -ge 3 ]; do sleep 0.02; done
vanish a
!
siege_begin
siege_wire dial ours
wait "$recorder" || fail "nothing recorded"
siege_raw -n 1000 -f "$tmp/flight" replay
# One connection at most, which nobody goes on with.
siege_count doord begun 0 1
siege_raw -n 1500 -f "$tmp/flight" flight
siege_raw -n 1500 -f "$tmp/flight" corrupt
siege_count doord received 4000
siege_log 'doord: dropped [0-9]* packets that begin no connection' 15
siege_end
