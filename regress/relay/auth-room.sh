#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: row 1.2 - rooms: AuthToken before the CallOffer (protocol 8.1)
# COVERS: protocol 13 gap 3 - the CallOffer's key is the token's
. "$SRCDIR/regress/lib.sh"
. "$SRCDIR/regress/auth/lib.sh"

auth_person tok-a "$FP_A"
auth_person tok-b "$FP_B"
auth_say tok-slow "slow 400 {\"valid\":true,\"fingerprint\":\"$FP_B\"}"
auth_start
relay_start "auth url \"http://127.0.0.1:$auth_port/\""

cat >"$tmp/offers.inc" <<'!'
set OA {"CallOffer":{"identity_pub":$A.pub,"ephemeral_pub":$E1.pub,
	"signature":$A.sig(offer,E1),"supported_profiles":[$GOOD],
	"alias":"Al"}}
set OB {"CallOffer":{"identity_pub":$B.pub,"ephemeral_pub":$E2.pub,
	"signature":$B.sig(offer,E2),"supported_profiles":[$GOOD]}}
!
script good <<'!'
include offers.inc
connect a sni=lobby
expect-up a
send a {"AuthToken":{"token":"tok-a"}}
send a $OA
expect a {"CallAnswer":*}
expect~ a {"RoomUpdate":{"count":1,"participants":[
	{"fingerprint":"$A.fp","alias":"Al","relay_label":null}]}}
# The offer waits for the answer about its token.
connect b sni=lobby
expect-up b
send b {"AuthToken":{"token":"tok-slow"}}
send b $OB
expect-none b 150
expect b {"CallAnswer":*}
expect~ b {"RoomUpdate":{"count":2,"participants":*}}
expect~ a {"RoomUpdate":{"count":2,"participants":*}}
datagram b 003400000000000000000000bb
expect-datagram a 003400000000000000000000bb
!
wire good
[ "$(auth_asked tok-a)" = 1 ] || fail "tok-a: not asked once"

script bad <<'!'
include offers.inc
connect a sni=lobby
expect-up a
send a {"AuthToken":{"token":"tok-wrong"}}
expect-close a app code=0 reason="normal close"
connect b sni=lobby
expect-up b
send b $OB
expect-close b app code=0 reason="normal close"
# Somebody else's token: no CallAnswer for this key.
connect c sni=lobby
expect-up c
send c {"AuthToken":{"token":"tok-b"}}
send c $OA
expect-close c app code=0
!
wire bad

# A call between two people with tokens, and the door to its room.
script call <<'!'
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
send b {"DirectCallAnswer":{"call_id":"c1","accept_mode":"AcceptGeneric"}}
expect a {"DirectCallAnswer":*}
expect a {"CallSetup":*}
expect b {"CallSetup":*}
connect ma sni=call-c1
expect-up ma
send ma {"AuthToken":{"token":"tok-a"}}
send ma {"CallOffer":{"identity_pub":$A.pub,"ephemeral_pub":$E3.pub,
	"signature":$A.sig(offer,E3),"supported_profiles":[$GOOD],
	"alias":null}}
expect ma {"CallAnswer":*}
expect~ ma {"RoomUpdate":{"count":1,"participants":*}}
connect mb sni=call-c1
expect-up mb
send mb {"CallOffer":{"identity_pub":$B.pub,"ephemeral_pub":$E4.pub,
	"signature":$B.sig(offer,E4),"supported_profiles":[$GOOD],
	"alias":null}}
expect-close mb app code=0
!
wire call

# Negative control: without the server the first script does not pass.
auth_stop
wire_fails good ' app code=0x0 reason='
relay_stop
relay_healthy
