#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: offers to oneself and to nobody, with a call_id that exists or
# COVERS: siege: none that is one, and a flood of them
. "$SRCDIR/regress/siege/siege.inc"
siege_script offers <<'!'
include $INC/alice-bob.inc
set AA "caller_fingerprint":"$A.fp","caller_alias":null,
	"target_fingerprint":"$A.fp"
set AX "caller_fingerprint":"$A.fp","caller_alias":null,
	"target_fingerprint":"nobody"
send alice {"DirectCallOffer":{$AA,"call_id":"self",$REST}}
expect alice {"Hangup":*}
send alice {"DirectCallOffer":{$AX,"call_id":"x",$REST}}
expect alice {"Hangup":*}
# Of those who talk.
send alice {"DirectCallOffer":{$AB,"call_id":"talk",$REST}}
expect alice {"Hangup":*}
repeat 150
send alice {"DirectCallOffer":{$AX,"call_id":"f$i",$REST}}
expect alice {"Hangup":*}
end
barrier alice
barrier bob
!
siege_begin
siege_wire offers
siege_count signald offers_busy 33 40
siege_log 'signald: limit offer-rate: 6871:[0-9a-f:]* is over 120 a minute' 1
siege_end
