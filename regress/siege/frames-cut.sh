#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: frames cut by FIN or RESET, and several in one stream
. "$SRCDIR/regress/siege/siege.inc"
siege_script cut <<'!'
include $INC/alice-bob.inc
repeat 5
connect a$i sni=_signal
expect-up a$i
raw a$i 0000
expect-close a$i app code=0
connect b$i sni=lobby
expect-up b$i
raw b$i 00000009 22526566
expect-close b$i app code=0
end
raw bob 00000009 22526566
expect-close bob app code=0
# By RESET.
open alice s
write alice s 00000009 2252
reset alice s 0
expect-close alice app code=0
!
siege_begin
siege_wire cut
siege_count signald broken 7 7
siege_count mediad broken 5 5
siege_log 'signald: 66d1:[0-9a-f:]* 127.0.0.1:[0-9]*: broken connection: stream ended within a message' 1
siege_log 'signald: 6871:[0-9a-f:]* 127.0.0.1:[0-9]*: broken connection: stream reset within a message' 1
siege_log 'mediad[ 0-9]*: room lobby: 127.0.0.1:[0-9]* broken connection: stream ended within a message' 5
siege_end
