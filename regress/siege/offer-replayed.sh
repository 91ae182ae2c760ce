#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: a CallOffer that was seen before (gap 4), and one into a call
# COVERS: siege: of others; rooms of both mediads
. "$SRCDIR/regress/siege/siege.inc"
siege_script replay <<'!'
set OFFER {"CallOffer":{"identity_pub":$A.pub,"ephemeral_pub":$E1.pub,
	"signature":$A.sig(offer,E1),"supported_profiles":[$GOOD],
	"alias":null}}
connect a sni=lobby* slot=2
expect-up a
send a $OFFER
expect a {"CallAnswer":*}
expect a {"RoomUpdate":*}
repeat 4
connect b$i sni=hall* slot=2
expect-up b$i
send b$i $OFFER
expect-close b$i app code=0
connect d$i sni=hall* slot=3
expect-up d$i
send d$i $OFFER
expect-close d$i app code=0
end
connect c sni=call-talk
expect-up c
send c {"CallOffer":{"identity_pub":$A.pub,"ephemeral_pub":$E2.pub,
	"signature":$A.sig(offer,E2),"supported_profiles":[$GOOD],
	"alias":null}}
expect c {"CallAnswer":*}
expect-close c app code=0
!
siege_begin "media workers 2"
siege_wire replay
siege_count mediad replays 8 8
siege_count mediad refused 9 9
siege_log 'mediad[ 0-9]*: room hall[0-9]*: 127.0.0.1:[0-9]* closed: CallOffer seen before' 8
siege_log 'mediad[ 0-9]*: room call-talk: 127.0.0.1:[0-9]* closed: not a (proven) party of this call' 1
siege_end
