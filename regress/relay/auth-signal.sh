#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: row 1.2 - with auth_url: AuthToken first, the POST, then
# COVERS: row 1.2 - registration; failure or another first signal closes
# COVERS: protocol 13 gap 3 - a token is one person's, not any key's
. "$SRCDIR/regress/lib.sh"
. "$SRCDIR/regress/auth/lib.sh"

auth_person tok-a "$FP_A"
auth_person tok-b "$FP_B"
auth_say tok-false 'json {"valid":false,"fingerprint":null}'
auth_say tok-nofp 'json {"valid":true}'
auth_say tok-500 "status 500 {\"valid\":true,\"fingerprint\":\"$FP_A\"}"
auth_say tok-html 'json <html></html>'
auth_say tok-slow "slow 400 {\"valid\":true,\"fingerprint\":\"$FP_A\"}"
auth_start
relay_start "auth url \"http://127.0.0.1:$auth_port/v1/check\""

# Nothing is sent before the registration, and its ack comes first.
script good <<'!'
connect c sni=_signal
expect-up c
send c {"AuthToken":{"token":"tok-a"}}
expect-none c 100
send c {"RegisterPresence":{"identity_pub":$A.pub,"signature":[],
	"alias":"Ada"}}
expect c {"RegisterPresenceAck":{"success":true,"relay_build":*}}
barrier c
# A token is for the beginning: later it is a variant without effect.
send c {"AuthToken":{"token":"tok-b"}}
barrier c
!
wire good
want="POST /v1/check HTTP/1.1 type=application/json authorization=- \
expect=- host=127.0.0.1:$auth_port body={\"token\":\"tok-a\"}"
[ "$(cat "$auth_dir/log")" = "$want" ] || {
	cat "$auth_dir/log"
	fail "that is not the request of protocol 5.2"
}

# Sent at once behind the token, while the server thinks: kept.
script slow <<'!'
connect c sni=_signal
expect-up c
send c {"AuthToken":{"token":"tok-slow"}}
send c {"RegisterPresence":{"identity_pub":$A.pub,"signature":[],
	"alias":"Ada"}}
expect-none c 150
expect c {"RegisterPresenceAck":{"success":true,"relay_build":*}}
!
wire slow

# The token's fingerprint is where the client is called.
script called <<'!'
connect b sni=_signal
expect-up b
send b {"AuthToken":{"token":"tok-b"}}
send b {"RegisterPresence":{"identity_pub":$B.pub,"signature":[],
	"alias":null}}
expect b {"RegisterPresenceAck":*}
connect a sni=_signal
expect-up a
send a {"AuthToken":{"token":"tok-a"}}
send a {"RegisterPresence":{"identity_pub":$A.pub,"signature":[],
	"alias":null}}
expect a {"RegisterPresenceAck":*}
send a {"DirectCallOffer":{$AB,"call_id":"c1",$REST}}
expect b {"DirectCallOffer":*}
expect a {"CallRinging":{"call_id":"c1"}}
!
wire called

# Whatever is wrong looks the same: closed, code 0, no reason, nothing sent.
for t in tok-false tok-nofp tok-500 tok-html tok-unknown; do
	script bad <<-!
	connect c sni=_signal
	expect-up c
	send c {"AuthToken":{"token":"$t"}}
	expect-close c app code=0 reason=""
	!
	wire bad
	[ "$(auth_asked $t)" = 1 ] || fail "$t: not asked once"
done
n=$(wc -l <"$auth_dir/log")
script first <<'!'
connect c sni=_signal
expect-up c
send c {"RegisterPresence":{"identity_pub":$A.pub,"signature":[],
	"alias":"Ada"}}
expect-close c app code=0 reason=""
connect d sni=_signal
expect-up d
send d {"Ping":{"timestamp_ms":7}}
expect-close d app code=0 reason=""
connect e sni=_signal
expect-up e
send e {"AuthToken":{"token":5}}
expect-close e app code=0 reason=""
!
wire first
[ "$(wc -l <"$auth_dir/log")" = "$n" ] || fail "asked without a token"
# The token of another person; and two tokens.
script other <<'!'
connect c sni=_signal
expect-up c
send c {"AuthToken":{"token":"tok-b"}}
send c {"RegisterPresence":{"identity_pub":$A.pub,"signature":[],
	"alias":"Ada"}}
expect-close c app code=0 reason=""
connect d sni=_signal
expect-up d
send d {"AuthToken":{"token":"tok-a"}}
send d {"AuthToken":{"token":"tok-a"}}
expect-close d app code=0 reason=""
!
wire other
# `ping' and `version' ask nobody.
script open <<'!'
connect p sni=ping
expect-up p
expect-close p app code=0 reason=""
connect v sni=version
expect-uni v *
expect-close v app code=0 reason=""
!
wire open

# Negative control: the same words when the server has changed its mind.
auth_say tok-a 'json {"valid":false}'
wire_fails good ' app code=0x0 reason='
relay_stop
relay_healthy
grep -q tok- "$relay/log" && fail "the log has tokens in it"
exit 0
