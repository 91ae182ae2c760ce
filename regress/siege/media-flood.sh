#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: more datagrams of one sender than its rate, small and large
. "$SRCDIR/regress/siege/siege.inc"
siege_script flood <<'!'
include $INC/room.inc
repeat 3000
datagram ma 003400000000000000000000
end
ignore mb
barrier ma
ignore ma
!
sed -i '/^barrier ma/d' "$tmp/flood.wire"
siege_begin "limit datagram-rate 100"
siege_wire flood
siege_count mediad datagrams_crowded 100
siege_log 'mediad[ 0-9]*: limit datagram-rate: 6871:[0-9a-f:]* is over 100 a second' 10
siege_end
