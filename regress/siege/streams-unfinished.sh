#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: streams that are opened and never finished, as many as there
# COVERS: siege: may be; then its other signals have to wait, nobody else's, and
# COVERS: siege: after ten seconds it is put out; in media that is no CallOffer
# LOAD: light
. "$SRCDIR/regress/siege/siege.inc"
siege_script open <<'!'
include $INC/alice-bob.inc
repeat 99
open alice s$i
write alice s$i 00000100 22
end
expect-none alice 100
barrier bob
connect m sni=lobby
expect-up m
repeat 99
open m s$i
write m s$i 00000100 22
end
expect-none m 100
barrier bob
limit 20000
expect-close m app code=0
expect-close alice app code=0
barrier bob
!
siege_begin "limit media-offer 2 seconds"
siege_wire open
siege_count mediad silent 1 1
siege_log 'mediad[ 0-9]*: room lobby: 127.0.0.1:[0-9]* closed: no CallOffer in time' 1
siege_count signald broken 1 1
siege_log 'signald: 6871:[0-9a-f:]* 127.0.0.1:[0-9]*: broken connection: message not complete in time' 1
siege_end
