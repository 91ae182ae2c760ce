#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: datagrams that are too short (gap 17), of codecs there are not,
# COVERS: siege: with half a report, and of those who are in no room; another
# COVERS: siege: version harms nobody
. "$SRCDIR/regress/siege/siege.inc"
siege_script bad <<'!'
include $INC/room.inc
repeat 100
datagram ma 00
datagram ma 0000000100000014000000
datagram ma 3c000001000000140000000001
datagram ma 020000010000001400000000010203
end
connect x sni=lobby
expect-up x
repeat 100
datagram x 003400000000000000000000
end
ignore x
expect-none mb 100
# The other version, of which nothing is known, is passed on as it is.
datagram ma 803400000000000000000000
expect-datagram mb 803400000000000000000000
datagram ma 003400000000000000000000
expect-datagram mb 003400000000000000000000
!
siege_begin
siege_wire bad
siege_count mediad datagrams_malformed 300 400
siege_log 'mediad[ 0-9]*: room lobby: 127.0.0.1:[0-9]* malformed datagram: 6871:' 20
siege_end
