#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: tokens: lookupd killed in the middle of a check, a silent server
. "$SRCDIR/regress/lib.sh"
. "$SRCDIR/regress/auth/lib.sh"

auth_person tok-a "$FP_A"
auth_say tok-never never
auth_start
relay_start "auth url \"http://127.0.0.1:$auth_port/\""

script good <<'!'
connect c sni=_signal
expect-up c
send c {"AuthToken":{"token":"tok-a"}}
send c {"RegisterPresence":{"identity_pub":$A.pub,"signature":[],
	"alias":"Ada"}}
expect c {"RegisterPresenceAck":{"success":true,"relay_build":*}}
!
lookupd_asked()
{
	[ "$(auth_asked tok-never)" = "$1" ]
}
registered()
{
	peer "$tmp/good.wire" >"$tmp/out" 2>&1
}
wire good

# Silent: five seconds for the check, then closed; so is the one in a room.
script silent <<'!'
connect c sni=_signal
expect-up c
connect m sni=lobby
expect-up m
mark
send c {"AuthToken":{"token":"tok-never"}}
send m {"AuthToken":{"token":"tok-never"}}
limit 15000
expect-close c app code=0 reason=""
elapsed 4800 15000
expect-close m app code=0
elapsed 4800 15000
!
wire silent
lookupd_asked 2 || fail "not asked twice"

# Killed while it waits: whoever waited is closed at once, not in 5 s.
script killed <<'!'
connect c sni=_signal
expect-up c
connect m sni=lobby
expect-up m
send c {"AuthToken":{"token":"tok-never"}}
send m {"AuthToken":{"token":"tok-never"}}
until 5000 [ $$(grep -c tok-never $$AUTH_LOG) = 4 ]
mark
shell kill -9 $$LOOKUPD_PID
expect-close c app code=0 reason=""
expect-close m app code=0
elapsed 0 4500
!
LOOKUPD_PID=$(worker_pid lookupd)
AUTH_LOG=$auth_dir/log
export LOOKUPD_PID AUTH_LOG
wire killed
until_true 10 registered || {
	cat "$tmp/out"
	fail "no registration after lookupd was killed"
}
[ "$(worker_pid lookupd)" != "$LOOKUPD_PID" ] || fail "it was not killed"
# Negative control: a lookupd that lives does not close them so soon.
LOOKUPD_PID=$(worker_pid lookupd)
sed -e 's/kill -9/kill -0/' -e 's/= 4 \]/= 6 ]/' "$tmp/killed.wire" \
    >"$tmp/alive.wire"
wire_fails alive 'ms have passed, want 0 to 4500'
relay_stop
relay_healthy lookupd
