#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: rooms whose names are none, joins and leaves without end
. "$SRCDIR/regress/siege/siege.inc"
# Not what a room can be called (wzp-protocol 1.3): the handshake is refused.
bad_names="-a a- a..b .a a.-b.c a_b- a%b a/b a:b é 12.a-.b 77 a.7
$(printf '%064d' 0 | tr 0 a) $(printf 'a.%.0s' $(seq 127))b"
nbad=0
{
	cat <<!
# Other protocols.
repeat 5
connect n\$i sni=none\$i alpn=h3
expect-close n\$i transport
end
!
	for n in $bad_names; do
		nbad=$((nbad + 1))
		cat <<!
connect b$nbad sni=$n
expect-close b$nbad transport
!
	done
	cat <<!
connect v sni=lobby
expect-up v
send v {"CallOffer":{"identity_pub":\$A.pub,"ephemeral_pub":\$E1.pub,
	"signature":\$B.sig(offer,E1),"supported_profiles":[\$GOOD],
	"alias":null}}
expect-close v app code=0
!
} | siege_script names
# shellcheck disable=SC2086
nbad=$(echo $bad_names | wc -w)
{
	i=10
	while [ $i -lt 60 ]; do
		cat <<!
key K$i 55555555555555555555555555555555555555555555555555555555555555$i
connect j$i sni=hall
expect-up j$i
send j$i {"CallOffer":{"identity_pub":\$A.pub,"ephemeral_pub":\$K$i.pub,
	"signature":\$A.sig(offer,K$i),"supported_profiles":[\$GOOD],
	"alias":null}}
expect j$i {"CallAnswer":*}
expect j$i {"RoomUpdate":*}
close j$i 0 ""
!
		i=$((i + 1))
	done
} | siege_script joins
siege_begin "limit join-rate 30"
siege_wire names
siege_count doord misnamed $((nbad + 5)) $((nbad + 5))
siege_log 'doord: 127.0.0.1:[0-9]*: its ClientHello has a name that no room can have' 15
siege_log 'doord: 127.0.0.1:[0-9]*: its ClientHello has no protocol of ours' 5
siege_count mediad refused 1 1
siege_log 'mediad[ 0-9]*: room lobby: 127.0.0.1:[0-9]* closed: CallOffer with a bad signature' 1
peer "$tmp/joins.wire" >"$tmp/joins.out" 2>&1 && fail "fifty joins, not thirty"
siege_count mediad offers 31
siege_log 'mediad[ 0-9]*: limit join-rate: 6871:[0-9a-f:. ]* is over 30 a minute' 1
siege_log 'mediad[ 0-9]*: room hall: 127.0.0.1:[0-9]* closed: limit join-rate' 1
siege_end
