#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: relay: an address that is taken is refused, not shared
. "$SRCDIR/regress/lib.sh"

relay_start
# The same address under the same user, with its own files.
first=$relay_pid
mkdir "$tmp/second"
sed "s,$relay/,$tmp/second/,g" "$relay/relayd.conf" >"$tmp/second.conf"
mkdir -p "$tmp/second/db" "$tmp/second/run" "$tmp/second/empty"
timeout 10 "$RELAYD" -d -L "$BUILD" -f "$tmp/second.conf" >"$tmp/out" 2>&1
status=$?
[ "$status" -ne 0 ] || fail "the second relay ends with 0"
[ "$status" -ne 124 ] || fail "the second relay runs"
if ! grep -q "$relay_port" "$tmp/out" || ! grep -qi 'in use' "$tmp/out"; then
	cat "$tmp/out"
	fail "the second relay does not say which address is in use"
fi
kill -0 "$first" || fail "the first relay is gone"
cat >"$tmp/ping.wire" <<-!
	connect p sni=ping
	expect-up p
	expect-close p app code=0 reason=""
!
peer "$tmp/ping.wire" || fail "the first relay does not answer any more"
relay_stop
