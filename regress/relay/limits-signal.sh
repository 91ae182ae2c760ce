#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: limit offer-rate: past it the caller hears Busy, with the call_id
# COVERS: limit signal-rate: past it signals are dropped, the rest is served
# COVERS: limit registration-rate: refused, of one fingerprint and its source
# COVERS: limit registration-source-rate: newcomers only
# COVERS: limit source-connections: newcomers only, and given back
# COVERS: limits: each refusal is counted, logged once and shown with its end
. "$SRCDIR/regress/lib.sh"
. "$SRCDIR/regress/relay/limits.inc"

script offers <<'!'
connect a sni=_signal
expect-up a
send a {"RegisterPresence":{"identity_pub":$A.pub,"signature":[],
	"alias":null}}
expect a {"RegisterPresenceAck":*}
set AC "caller_fingerprint":"$A.fp","caller_alias":null,
	"target_fingerprint":"$C.fp"
repeat 3
send a {"DirectCallOffer":{$AC,"call_id":"c$i",$REST}}
expect a {"Hangup":{"reason":"Normal"}}
end
send a {"DirectCallOffer":{$AC,"call_id":"c4",$REST}}
expect a {"Hangup":{"reason":"Busy","call_id":"c4"}}
send a {"DirectCallOffer":{$AC,"call_id":"c5",$REST}}
expect a {"Hangup":{"reason":"Busy","call_id":"c5"}}
barrier a
!
script flood <<'!'
connect a sni=_signal
expect-up a
send a {"RegisterPresence":{"identity_pub":$A.pub,"signature":[],
	"alias":null}}
expect a {"RegisterPresenceAck":*}
repeat 60
send a {"Ping":{"timestamp_ms":$i}}
end
repeat 50
expect a {"Pong":{"timestamp_ms":$i}}
end
expect-none a 200
!
script again <<'!'
repeat 4
connect a$i sni=_signal
expect-up a$i
send a$i {"RegisterPresence":{"identity_pub":$A.pub,"signature":[],
	"alias":null}}
expect a$i {"RegisterPresenceAck":*}
ignore a$i
end
connect b sni=_signal
expect-up b
send b {"RegisterPresence":{"identity_pub":$A.pub,"signature":[],
	"alias":null}}
expect-close b app code=0 reason=""
# Without proof it is his own share alone that he used up.
connect c sni=_signal from=127.0.0.2
expect-up c
send c {"RegisterPresence":{"identity_pub":$A.pub,"signature":[],
	"alias":null}}
expect c {"RegisterPresenceAck":*}
!
script newcomers <<'!'
connect a sni=_signal
expect-up a
send a {"RegisterPresence":{"identity_pub":$A.pub,"signature":[],
	"alias":null}}
expect a {"RegisterPresenceAck":*}
connect b sni=_signal
expect-up b
send b {"RegisterPresence":{"identity_pub":$B.pub,"signature":[],
	"alias":null}}
expect b {"RegisterPresenceAck":*}
connect c sni=_signal
expect-up c
send c {"RegisterPresence":{"identity_pub":$C.pub,"signature":[],
	"alias":null}}
expect-close c app code=0 reason=""
# Who was here before does not suffer.
close b 0 "bye"
connect b2 sni=_signal
expect-up b2
send b2 {"RegisterPresence":{"identity_pub":$B.pub,"signature":[],
	"alias":null}}
expect b2 {"RegisterPresenceAck":*}
# Nor does another source.
connect c2 sni=_signal from=127.0.0.2
expect-up c2
send c2 {"RegisterPresence":{"identity_pub":$C.pub,"signature":[],
	"alias":null}}
expect c2 {"RegisterPresenceAck":*}
!

# Five offers where three a minute are allowed.
relay_start "limit offer-rate 3"
wire offers
[ "$(limit offer-rate refused)" = 2 ] || fail "not 2 offers refused"
[ "$(limit offer-rate highest)" = 3 ] || fail "not 3 used at most"
[ "$(over offer-rate refused)" = 2 ] || {
	ctl show limits
	fail "nobody is shown as being over offer-rate"
}
ends=$(over offer-rate ends_s)
[ "$ends" -ge 50 ] && [ "$ends" -le 60 ] || fail "it ends in $ends s"
[ "$(grep -c 'limit offer-rate: .* is over 3 a minute' "$relay/log")" = 1 ] ||
    fail "not one line about it"
ctl show limits | grep -q '^WHO  *LIMIT  *WORKER' || fail "no second table"
relay_stop
relay_healthy
# Control: by default nobody is Busy.
relay_start
wire_fails offers '"Normal"'
[ "$(limit offer-rate refused)" = 0 ] || fail "refused without a reason"
[ -z "$(over offer-rate refused)" ] || fail "somebody is over by default"
relay_stop

# Sixty signals at once where fifty are allowed; then it is over.
relay_start "limit signal-rate 50"
wire flood
[ "$(limit signal-rate refused)" = 10 ] ||
    fail "$(limit signal-rate refused) signals dropped, not 10"
[ "$(stat_of signald crowded)" = 10 ] || fail "not counted"
# All is back within a second, and then nobody is over it any more.
forgiven()
{
	[ -z "$(over signal-rate refused)" ]
}
until_true 5 forgiven || fail "still over it"
relay_stop
relay_healthy

relay_start "limit registration-rate 4" "limit registrations 1"
wire again
[ "$(limit registration-rate refused)" = 1 ] || fail "not 1 refused"
over registration-rate who | grep -q ' 127\.0\.0\.1$' ||
    fail "the source is not named: $(over registration-rate who)"
relay_stop
relay_healthy

relay_start "limit registration-source-rate 2"
wire newcomers
[ "$(limit registration-source-rate refused)" = 1 ] || fail "not 1 refused"
[ "$(over registration-source-rate who)" = 127.0.0.1 ] ||
    fail "$(ctl show limits)"
relay_stop
relay_healthy

relay_start "limit source-connections 2"
wire newcomers
[ "$(limit source-connections refused)" = 1 ] || fail "not 1 refused"
[ "$(limit source-connections highest)" = 2 ] || fail "not 2 held"
# All is given back when they have left.
nobody()
{
	[ "$(limit source-connections used)" = 0 ] &&
	    [ "$(limit connections used)" = 0 ]
}
until_true 5 nobody || fail "something is held for nobody"
relay_stop
relay_healthy
