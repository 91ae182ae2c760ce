#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: tokens: another `auth url' by reload: a new lookupd asks there
. "$SRCDIR/regress/lib.sh"
. "$SRCDIR/regress/auth/lib.sh"

auth_person tok-a "$FP_A"
auth_start
relay_start "auth url \"http://127.0.0.1:$auth_port/one\""
script good <<'!'
connect c sni=_signal
expect-up c
send c {"AuthToken":{"token":"tok-a"}}
send c {"RegisterPresence":{"identity_pub":$A.pub,"signature":[],
	"alias":"Ada"}}
expect c {"RegisterPresenceAck":{"success":true,"relay_build":*}}
!
wire good
old=$(worker_pid lookupd)
relay_conf "auth url \"http://127.0.0.1:$auth_port/two\""
kill -HUP "$relay_pid"
is_new()
{
	p=$(worker_pid lookupd)
	[ -n "$p" ] && [ "$p" != "$old" ]
}
until_true 5 is_new || fail "lookupd is still the old one"
asked_two()
{
	peer "$tmp/good.wire" >"$tmp/out" 2>&1
	grep -q '^POST /two ' "$auth_dir/log"
}
until_true 10 asked_two || {
	cat "$tmp/out"
	fail "the new URL is not asked"
}
[ "$(grep -c '^POST /one ' "$auth_dir/log")" = 1 ] ||
    fail "the old URL was asked again"
wire good
relay_stop
