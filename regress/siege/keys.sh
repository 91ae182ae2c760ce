#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: a hundred registrations of one key: newer ones replace older
. "$SRCDIR/regress/siege/siege.inc"
siege_script hundred <<'!'
repeat 100
connect c$i sni=_signal
expect-up c$i
send c$i {"RegisterPresence":{"identity_pub":$A.pub,"signature":[],
	"alias":null}}
expect c$i {"RegisterPresenceAck":*}
ignore c$i
end
!
siege_begin
siege_wire hundred
siege_count signald registered 100 100
siege_count signald replaced 90 99
siege_log 'signald: 6871:[0-9a-f:]*: replaced by a newer registration'
siege_end
