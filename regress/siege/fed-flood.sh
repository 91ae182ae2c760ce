#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: a pinned relay floods its link with offers to people who are
# COVERS: siege: here, and with signals of calls there are not
. "$SRCDIR/regress/siege/siege.inc"
SIEGE_SETTLE=60
siege_peer west W address legacy
siege_script flood <<'!'
include $INC/alice-bob.inc
connect west sni=_federation pings=ignore
expect-up west
send west {"FederationHello":{"tls_fingerprint":"$W.tlsfp"}}
expect west $PLAIN
set CX "caller_fingerprint":"$C.fp","caller_alias":null,
	"target_fingerprint":"0000:0000:0000:0000:0000:0000:0000:0000"
repeat 1200
send west {"FederatedSignalForward":{"inner":{"DirectCallOffer":{$CX,
	"call_id":"f$i",$CREST}},$BYW}}
end
repeat 50
send west {"FederatedSignalForward":{"inner":{"Hangup":{
	"reason":"Normal","call_id":"talk"}},$BYW}}
send west {"FederatedSignalForward":{"inner":{"CallRinging":{
	"call_id":"talk"}},$BYW}}
end
barrier alice
barrier bob
ignore west
!
siege_begin
siege_wire flood
siege_log 'federd: peer west: up, '
siege_log 'federd: peer west: DirectCallOffer dropped: more than [0-9]* a second' 12
siege_shown peers '"name":"west".*"over_rate":[1-9][0-9][0-9]'
siege_end
