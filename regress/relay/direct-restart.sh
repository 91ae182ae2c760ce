#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: an orderly stop of the relay: direct calls go on, others end
# COVERS: a call that was direct is there again with the next relay
. "$SRCDIR/regress/lib.sh"

relay_start "media workers 1"
inc=$SRCDIR/regress/wire/inc
cat >"$tmp/stop.wire" <<!
include $inc/trickle.inc
set YES {"MediaPathReport":{"call_id":"c1","direct_ok":true,
	"race_winner":"Direct"}}
send alice \$YES
expect bob \$YES
send bob \$YES
expect alice \$YES
# Another one of theirs that the relay carries, and one that rings.
send alice {"DirectCallOffer":{\$AB,"call_id":"c2",\$REST}}
expect bob {"DirectCallOffer":{\$AB,"call_id":"c2",\$REST}}
expect alice {"CallRinging":{"call_id":"c2"}}
send bob {"DirectCallAnswer":{"call_id":"c2","accept_mode":"AcceptGeneric"}}
expect alice {"DirectCallAnswer":*}
expect alice {"CallSetup":*}
expect bob {"CallSetup":*}
send alice {"DirectCallOffer":{\$AB,"call_id":"c3",\$REST}}
expect bob {"DirectCallOffer":{\$AB,"call_id":"c3",\$REST}}
expect alice {"CallRinging":{"call_id":"c3"}}
shell kill \$\$RELAY_PID
# Not a word about c1.
expect alice {"Hangup":{"reason":"Error","call_id":"c3"}}
expect bob {"Hangup":{"reason":"Error","call_id":"c3"}}
expect alice {"Hangup":{"reason":"Error","call_id":"c2"}}
expect bob {"Hangup":{"reason":"Error","call_id":"c2"}}
expect-close alice app code=0 reason="normal close"
expect-close bob app code=0 reason="normal close"
!
cat >"$tmp/again.wire" <<!
include $inc/candidates.inc
until 5000 "\$\$WZPCTL" -s "\$\$SOCK" -j show stats | tr -d '\n ' |
	 grep -q '"calls":1,'
# Candidates as before: the answer was a trusted one.
send bob {"CallCandidates":{"call_id":"c1","generation":3,
	"candidates":["10.0.0.1:1"],"end":true}}
expect alice {"CallCandidates":{"call_id":"c1","generation":3,
	"candidates":["10.0.0.1:1"],"end":true}}
expect alice {"CallPunch":{"call_id":"c1","round":1,"delay_ms":*}}
expect bob {"CallPunch":{"call_id":"c1","round":1,"delay_ms":*}}
send alice {"Hangup":{"reason":"Normal","call_id":"c1"}}
expect bob {"Hangup":{"reason":"Normal","call_id":"c1"}}
!
# state CALL_ID STATE
state()
{
	ctl -j show calls | tr -d ' \n' | tr '{' '\n' | grep "\"$1\"" |
	    grep -q "\"state\":\"$2\""
}

peer "$tmp/stop.wire" >"$tmp/out" 2>&1 || {
	cat "$tmp/out"
	fail "a call has ended that the relay was not needed for"
}
relay_wait_gone || fail "the relay does not stop"
wait "$relay_pid" || fail "the relay ended with status $?"
relay_pid=
relay_healthy ""
relay_restart
state c1 active || fail "the direct call is not there any more"
state c2 ended || fail "the relayed call is still there"
peer "$tmp/again.wire" >"$tmp/out" 2>&1 || {
	cat "$tmp/out"
	fail "the call cannot go on with the relay that came back"
}
until_true 5 state c1 ended || fail "no end"
relay_stop
relay_healthy ""
echo "ok"
