#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: signals that are none, of all kinds, before and after one is
# COVERS: siege: registered
. "$SRCDIR/regress/siege/siege.inc"
siege_script none <<'!'
include $INC/alice-bob.inc
repeat 20
send alice {"NoSuchThing":{}}
send alice "Nothing"
send alice nothing
send alice [[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]
raw alice 00000004 fffefdfc
end
send alice {"RoomUpdate":{"count":1,"participants":[]}}
barrier alice
repeat 20
connect c$i sni=_signal
expect-up c$i
send c$i {"Ping":{"timestamp_ms":$i}}
expect-close c$i app code=0
end
barrier bob
!
siege_begin
siege_wire none
siege_count signald undecodable 100 100
siege_count signald unserved 1 1
siege_count signald refused 20 20
siege_log 'signald: 6871:[0-9a-f:]* 127.0.0.1:[0-9]*: undecodable signal: ' 20
siege_log 'signald: 6871:[0-9a-f:]* 127.0.0.1:[0-9]*: signal not served: RoomUpdate' 1
siege_log 'signald: 127.0.0.1:[0-9]*: registration refused: not a RegisterPresence' 20
siege_end
