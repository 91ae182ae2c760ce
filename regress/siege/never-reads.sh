#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: who never grants credit for another stream, nor for bytes, nor
# COVERS: siege: reads its socket, is thrown out when its queue is full (gap 14);
# COVERS: siege: nobody waits for it
. "$SRCDIR/regress/siege/siege.inc"
siege_script slow <<'!'
connect carol sni=_signal streams=1 credit=no
expect-up carol
send carol {"RegisterPresence":{"identity_pub":$C.pub,"signature":[],
	"alias":null}}
expect carol {"RegisterPresenceAck":*}
ignore carol
repeat 3000
send carol {"Ping":{"timestamp_ms":$i}}
end
!
# calls NAME [CONNECT]: alice calls carol so often that what waits for her is
# more than the queue holds; the rest is how she behaves
calls()
{
	{
		cat <<'!'
include $INC/alice-bob.inc
set AC "caller_fingerprint":"$A.fp","caller_alias":null,
	"target_fingerprint":"$C.fp"
!
		cat
		cat <<'!'
until 5000 "$$WZPCTL" -s "$$SOCK" show clients | grep -q "$C.fp"
# She hears ringing, and a Hangup when carol is put out.
ignore alice
ignore carol
set P $GOOD,$GOOD,$GOOD,$GOOD
repeat 100
send alice {"DirectCallOffer":{$AC,"call_id":"n$i",
	"identity_pub":$A.pub,"ephemeral_pub":$ZERO,"signature":[],
	"supported_profiles":[$P,$P]}}
expect alice *
send alice {"Hangup":{"reason":"Normal","call_id":"n$i"}}
barrier bob
end
!
	} | siege_script "$1"
}
calls narrow <<'!'
connect carol sni=_signal window=16
expect-up carol
send carol {"RegisterPresence":{"identity_pub":$C.pub,"signature":[],
	"alias":null}}
!
calls deaf <<'!'
connect carol sni=_signal
expect-up carol
send carol {"RegisterPresence":{"identity_pub":$C.pub,"signature":[],
	"alias":null}}
expect carol {"RegisterPresenceAck":*}
pause carol
!
siege_begin "limit queue 65540" "limit signal-rate 100000" \
    "limit offer-rate 100000"
peer "$tmp/slow.wire" >"$tmp/slow.out" 2>&1
tail -n 1 "$tmp/slow.out" | grep -q 'carol is over: app code=0x0' ||
    fail "not thrown out: $(tail -n 1 "$tmp/slow.out")"
siege_count signald slow 1 1
siege_log 'signald: limit queue: 63e8:[0-9a-f:]* is over 65540' 1
for who in narrow deaf; do
	siege_wire $who
done
siege_count signald slow 3 3
siege_log 'signald: limit queue: 63e8:[0-9a-f:]* is over 65540' 3
siege_end
