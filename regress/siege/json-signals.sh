#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: signals that are bad JSON, from a registered client: each is
# COVERS: counted and ignored; the longest one there may be, and one byte more
. "$SRCDIR/regress/siege/harm.inc"

# hex: of what stands on standard input, in one line
hex()
{
	od -An -v -tx1 | tr -d ' \n'
}
# raw: a line of the script that sends standard input as one signal
bad=0
raw()
{
	cat >"$tmp/text"
	printf 'raw c %08x %s\n' "$(wc -c <"$tmp/text")" \
	    "$(hex <"$tmp/text")"
}
# spoiled FORMAT [ARGUMENT...]: one that is no signal
spoiled()
{
	# shellcheck disable=SC2059
	printf "$@" | raw
	bad=$((bad + 1))
}
# many N TEXT: so many times
many()
{
	head -c "$1" /dev/zero | sed "s/\\x00/$2/g"
}
# ping LENGTH: a signal of so many bytes that is answered
ping()
{
	printf '{"Ping":{"timestamp_ms":9,"x":"'
	head -c $(($1 - 34)) /dev/zero | tr '\000' a
	printf '"}}'
}
relay_start
siege_watch
{
	cat <<!
include $INC/people.inc
connect c sni=_signal
expect-up c
send c {"RegisterPresence":{"identity_pub":\$C.pub,"signature":[],
	"alias":null}}
expect c {"RegisterPresenceAck":{"success":true,"relay_build":*}}
!
	# Nesting: as deep as a message is long, and just too deep.
	many 65536 '[' >"$tmp/deep"
	raw <"$tmp/deep"
	many 9000 '{"a":' >"$tmp/deep"
	raw <"$tmp/deep"
	bad=$((bad + 2))
	spoiled '{"Ping":{"timestamp_ms":1,"x":%s%s}}' "$(many 126 '[')" \
	    "$(many 126 ']')"
	spoiled '{"Ping":{"timestamp_ms":1},"Ping":{"timestamp_ms":2}}'
	spoiled '{"Ping":{"timestamp_ms":1,"timestamp_ms":1}}'
	spoiled '{"Hangup":{"reason":"Normal","call_id":"c1","call_id":"c2"}}'
	spoiled '{"Ping":{"timestamp_ms":1}}\000\000'
	spoiled '{"Ping\000":{"timestamp_ms":1}}'
	spoiled '\000\000\000\000'
	spoiled '{"Hangup":{"reason":"Nor\377mal"}}'
	spoiled '{"Hangup":{"reason":"\300\200"}}'
	spoiled '{"Hangup":{"reason":"\355\240\200"}}'
	spoiled '{"Hangup":{"reason":"\\ud800"}}'
	spoiled '\357\273\277{"Ping":{"timestamp_ms":1}}'
	spoiled '{"Ping":{"timestamp_ms":1e999}}'
	spoiled '{"Ping":{"timestamp_ms":18446744073709551616}}'
	spoiled '{"Ping":{"timestamp_ms":%s}}' "$(many 60000 9)"
	spoiled '{"Ping":{"timestamp_ms":-1}}'
	spoiled '{"Ping":{"timestamp_ms":1.5}}'
	spoiled '{"Ping":{"timestamp_ms":NaN}}'
	spoiled '{"Ping":{"timestamp_ms":[1]}}'
	spoiled '{"Ping":null}'
	spoiled '{"%s":{}}' "$(many 60000 V)"
	spoiled '{"Nothing":{"timestamp_ms":1}}'
	spoiled '"%s"' "$(many 60000 V)"
	spoiled '{"DirectCallOffer":[]}'
	spoiled '{"DirectCallOffer":{"caller_fingerprint":7}}'
	spoiled '{"Hangup":{"reason":{"Normal":7}}}'
	spoiled '{"Hangup":{"reason":"Tired"}}'
	spoiled '{'
	spoiled '{}'
	spoiled ''
	spoiled '[]'
	spoiled '//\n{"Ping":{"timestamp_ms":1}}'
	spoiled "{'Ping':{'timestamp_ms':1}}"
	spoiled '{"Ping":{"timestamp_ms":1,}}'
	ping 65536 | head -c 65535 | raw
	bad=$((bad + 1))
	echo barrier c
	# The longest one.
	ping 65536 | raw
	echo 'expect c {"Pong":{"timestamp_ms":9}}'
	echo barrier c
	# And one byte more: a text that is fit, but not for us.
	ping 65537 | raw
	echo 'expect-close c app code=0'
	echo "$bad" >"$tmp/bad"
} >"$tmp/json.wire"
[ "$(ping 65536 | wc -c)" -eq 65536 ] || fail "ping makes $(ping 65536 | wc -c)"
before=$(counter signald undecodable)
peer "$tmp/json.wire" >"$tmp/out" 2>&1 || fail "$(tail -n 1 "$tmp/out" |
    cut -c 1-200)"
after=$(counter signald undecodable)
[ $((after - before)) -eq "$(cat "$tmp/bad")" ] ||
    fail "$((after - before)) counted of $(cat "$tmp/bad")"
siege_log 'signald: .*127.0.0.1:[0-9]*: undecodable signal: '
[ "$(grep -c 'undecodable signal' "$relay/log")" -le 15 ] ||
    fail "they fill the log"
[ -z "$(tr -d '\011\012\040-\176' <"$relay/log")" ] ||
    fail "bytes of theirs are in the log"
siege_calm
relay_stop
