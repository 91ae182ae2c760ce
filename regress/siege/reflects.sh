#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: a flood of Reflect and Ping, past signal-rate
. "$SRCDIR/regress/siege/siege.inc"
siege_script flood <<'!'
include $INC/alice-bob.inc
repeat 300
send alice "Reflect"
end
repeat 50
expect alice {"ReflectResponse":*}
end
ignore alice
barrier bob
!
siege_begin "limit signal-rate 50"
siege_wire flood
siege_count signald crowded 150 250
siege_log 'signald: limit signal-rate: 6871:[0-9a-f:]* is over 50 a second' 10
siege_shown limits '"limit":"signal-rate".*"refused":[1-9]'
siege_end
