#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: strangers send garbage, headers and first flights to both ends
# COVERS: siege: of a direct call: nothing of its sound is lost, it stays direct
. "$SRCDIR/regress/siege/direct.inc"

siege_begin
direct_begin 8
[ "$(wc -l <"$tmp/ports")" -ge 2 ] || fail "no ports of theirs"
while read -r p; do
	for kind in garbage long short initial version coalesced; do
		siege_attack "$ATTACK" -n 300 -a 20 "$kind" 127.0.0.1 "$p"
		siege_attack "$ATTACK" -n 300 -a 20 "$kind" 10.77.1.1 "$p"
	done
done <"$tmp/ports"
direct_end
siege_end
