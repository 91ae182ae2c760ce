#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: control: a relay that starts is not taken for one that refuses,
# COVERS: nor one that changes a file or says something else
. "$SRCDIR/regress/siege/harm.inc"

# objects WANTED NAME PATTERN FILE...: to that refusal, for that reason
objects()
{
	wanted=$1
	shift
	(refused "$@") >"$tmp/out" 2>&1 && fail "not noticed: $wanted"
	grep -q "$wanted" "$tmp/out" || fail "$(cat "$tmp/out")"
}
relay_conf
REFUSED_S=3
objects 'good: status' good "relayd" "$relay/relayd.conf"
REFUSED_S=20
echo nonsense >>"$relay/relayd.conf"
refused bad "near 'nonsense'" "$relay/relayd.conf"
objects "other: nothing like 'a word'" other "a word" "$relay/relayd.conf"
echo other >"$relay/log"
objects "touched: a file was changed" touched "near 'nonsense'" "$relay/log"
