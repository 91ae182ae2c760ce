#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: frames whose length is too large, or nothing
. "$SRCDIR/regress/siege/siege.inc"
siege_script large <<'!'
include $INC/alice-bob.inc
open alice s
write alice s ffffffff 22
expect-close alice app code=0
connect a sni=_signal
expect-up a
open a s
write a s 00100001 22
expect-close a app code=0
connect m sni=lobby
expect-up m
open m s
write m s 7fffffff 22
expect-close m app code=0
# An empty one is no signal; who is registered stays.
raw bob 00000000
barrier bob
connect b sni=_signal
expect-up b
raw b 00000000
expect-close b app code=0
!
siege_begin
siege_wire large
siege_count signald broken 2 2
siege_count mediad broken 1 1
siege_count signald undecodable 2 2
siege_log 'signald: [0-9a-f:]* 127.0.0.1:[0-9]*: broken connection: ' 2
siege_log 'mediad[ 0-9]*: room lobby: 127.0.0.1:[0-9]* broken connection: ' 1
siege_log 'signald: [0-9a-f:]* 127.0.0.1:[0-9]*: undecodable signal: ' 2
siege_log 'signald: 127.0.0.1:[0-9]*: registration refused: undecodable' 1
siege_end
