#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: a peer relay that reads nothing of its link: that link is closed
# COVERS: siege: when its queue is full, other links and calls notice nothing
. "$SRCDIR/regress/siege/siege.inc"
SIEGE_SETTLE=60
siege_peer north N address legacy
siege_peer west W address legacy
{
	# shellcheck disable=SC2016
	sed '/^repeat/q; s,^include inc/,include $INC/,' \
	    "$SRCDIR/regress/wire/fed-slow.wire" | sed 's,^repeat .*,repeat 150,'
	cat <<'!'
set ID c$i
include $INC/fed-ringing-out.inc
send alice {"Hangup":{"reason":"Normal","call_id":"c$i"}}
expect north {"FederatedSignalForward":{"inner":{"Hangup":{"reason":"Normal",
	"call_id":"c$i"}},$BYR}}
end
expect-close west app code=0
barrier alice
barrier bob
set K z
include $INC/fed-barrier-north.inc
!
} | siege_script slow
siege_begin "limit peer-queue 65540" "limit offer-rate 100000"
siege_wire slow
siege_log 'federd: peer west: up, ' 1
siege_log 'federd: peer west: down, it reads too slowly' 1
siege_shown peers '"name":"west".*"slow":1,'
siege_shown peers '"name":"north".*"slow":0,'
siege_end
