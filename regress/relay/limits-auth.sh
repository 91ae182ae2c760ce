#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: limit auth-rate: tokens of one source, past it nobody is asked
. "$SRCDIR/regress/lib.sh"
. "$SRCDIR/regress/auth/lib.sh"
. "$SRCDIR/regress/relay/limits.inc"

auth_say tok-bad 'json {"valid":false,"fingerprint":null}'
auth_person tok-a "$FP_A"
auth_start
relay_start "auth url \"http://127.0.0.1:$auth_port/v1/check\"" \
    "limit auth-rate 3"
script guesses <<'!'
repeat 5
connect c$i sni=_signal
expect-up c$i
send c$i {"AuthToken":{"token":"tok-bad"}}
expect-close c$i app code=0 reason=""
end
# Another source has its own.
connect d sni=_signal from=127.0.0.2
expect-up d
send d {"AuthToken":{"token":"tok-a"}}
send d {"RegisterPresence":{"identity_pub":$A.pub,"signature":[],
	"alias":"Ada"}}
expect d {"RegisterPresenceAck":*}
!
wire guesses
[ "$(auth_asked tok-bad)" = 3 ] || fail "$(auth_asked tok-bad) were asked about"
[ "$(limit auth-rate refused)" = 2 ] || fail "not 2 refused"
[ "$(over auth-rate who)" = 127.0.0.1 ] || fail "$(ctl show limits)"
relay_stop
# Control: by default all five are asked about.
: >"$auth_dir/log"
relay_start "auth url \"http://127.0.0.1:$auth_port/v1/check\""
wire guesses
[ "$(auth_asked tok-bad)" = 5 ] || fail "not asked by default"
relay_stop
relay_healthy
