#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: limits: a neighbour behind the same NAT does not starve: with a
# COVERS: token of an earlier connection he registers and calls meanwhile
# COVERS: limit handshake-rate: past it dropped, counted, shown
# COVERS: limit initial-rate: past it a Retry asks, and names nobody
. "$SRCDIR/regress/lib.sh"
. "$SRCDIR/regress/relay/limits.inc"

# Two people with tokens; then somebody floods from their address.
neighbours()
{
	cat <<!
connect a sni=_signal
expect-up a
send a {"RegisterPresence":{"identity_pub":\$A.pub,"signature":[],
	"alias":null}}
expect a {"RegisterPresenceAck":*}
expect-token a
connect b sni=_signal
expect-up b
send b {"RegisterPresence":{"identity_pub":\$B.pub,"signature":[],
	"alias":null}}
expect b {"RegisterPresenceAck":*}
expect-token b
close a 0 "bye"
close b 0 "bye"
shell touch $tmp/flood
until 10000 test -f $tmp/flooding
limit 1500
mark
connect a2 sni=_signal $1
expect-up a2
send a2 {"RegisterPresence":{"identity_pub":\$A.pub,"signature":[],
	"alias":null}}
expect a2 {"RegisterPresenceAck":*}
connect b2 sni=_signal $2
expect-up b2
send b2 {"RegisterPresence":{"identity_pub":\$B.pub,"signature":[],
	"alias":null}}
expect b2 {"RegisterPresenceAck":*}
send a2 {"DirectCallOffer":{\$AB,"call_id":"c1",\$REST}}
expect b2 {"DirectCallOffer":*}
expect a2 {"CallRinging":{"call_id":"c1"}}
send b2 {"DirectCallAnswer":{"call_id":"c1",
	"accept_mode":"AcceptGeneric"}}
expect a2 {"DirectCallAnswer":*}
expect a2 {"CallSetup":*}
expect b2 {"CallSetup":*}
connect ma sni=call-c1 $1
connect mb sni=call-c1 $2
expect-up ma
send ma {"CallOffer":{"identity_pub":\$A.pub,
	"ephemeral_pub":\$E1.pub,"signature":\$A.sig(offer,E1),
	"supported_profiles":[\$GOOD],"alias":null}}
expect ma {"CallAnswer":*}
expect~ ma {"RoomUpdate":*}
expect-up mb
send mb {"CallOffer":{"identity_pub":\$B.pub,
	"ephemeral_pub":\$E2.pub,"signature":\$B.sig(offer,E2),
	"supported_profiles":[\$GOOD],"alias":null}}
expect mb {"CallAnswer":*}
expect~ mb {"RoomUpdate":*}
expect~ ma {"RoomUpdate":*}
pulse ab ma mb 20
expect-none mb 300
expect-pulse ab lost=0 least=8
elapsed 0 3000
ignore a
ignore b
!
}
neighbours "token=a" "token=b" | script with
neighbours "" "" | script without
script flood <<!
until 10000 test -f $tmp/flood
repeat 120
connect x\$i sni=ping
ignore x\$i
end
shell touch $tmp/sent
until 20000 test -f $tmp/end
!
# crowd SCRIPT: the neighbours, while another program floods
crowd()
{
	rm -f "$tmp/flood" "$tmp/flooding" "$tmp/sent" "$tmp/end"
	peer "$tmp/flood.wire" >"$tmp/flood.out" 2>&1 &
	flooder=$!
	{
		until_true 10 test -f "$tmp/sent"
		until_true 10 dropping
		touch "$tmp/flooding"
	} &
	watch=$!
	peer "$tmp/$1.wire" >"$tmp/out" 2>&1
	status=$?
	kill $watch 2>/dev/null; wait $watch
	ctl show limits >"$tmp/limits"
	handshakes=$(limit handshake-rate refused)
	initials=$(limit initial-rate refused)
	who=$(over handshake-rate who)
	dropped=$(stat_of doord dropped_rate)
	touch "$tmp/end"
	wait $flooder || {
		cat "$tmp/flood.out"
		fail "the flood: $(tail -n 1 "$tmp/flood.out")"
	}
	return $status
}
dropping()
{
	[ "$(limit handshake-rate refused)" -ge 50 ]
}

relay_start "limit initial-rate 10" "limit handshake-rate 20"
crowd with || {
	cat "$tmp/out" "$tmp/limits"
	fail "the neighbour starves: $(tail -n 1 "$tmp/out")"
}
if [ "$handshakes" -lt 50 ] || [ "$initials" -lt 100 ] ||
    [ "$dropped" -lt 50 ]; then
	cat "$tmp/limits"
	fail "that was no flood: $handshakes, $initials, $dropped"
fi
[ "$who" = 127.0.0.1 ] || {
	cat "$tmp/limits"
	fail "over handshake-rate is: $who"
}
ctl -j show limits | grep '"who"' | grep -q '"limit":"initial-rate"' &&
    fail "a sender is named who may be forged"
relay_stop
relay_healthy
# Control: without what the token gives he starves.
relay_start "limit initial-rate 10" "limit handshake-rate 20"
if crowd without; then
	fail "he does not starve without the rule either"
fi
grep -q 'a2' "$tmp/out" || {
	cat "$tmp/out"
	fail "he starved of something else"
}
relay_stop
relay_healthy
