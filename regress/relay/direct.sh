#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: relay: two clients at one relay meet directly, encrypted end to end;
# COVERS: relay: the registry notes the way; with --relay-only they do not
# meet, with --as-original on either side nothing is encrypted end to end

. "$SRCDIR/regress/relay/lan.inc"
. "$SRCDIR/regress/lib.sh"

"$WZP" -i "$tmp/a.id" id >/dev/null
FP_B=$("$WZP" -i "$tmp/b.id" id)

# Field $3 of the last event $2 of client $1.
event()
{
	grep "\"event\":\"$2\"" "$tmp/$1" | tail -n 1 | json_field "$3"
}
is()
{
	got=$(event "$1" "$2" "$3")
	[ "$got" = "$4" ] || {
		cat "$tmp/a" "$tmp/b"
		fail "$round: $2 of $1: $3 is '$got', not '$4'"
	}
}
# Media that the relay has passed on so far.
forwarded()
{
	ctl -j show stats | tr ',' '\n' | json_field datagrams_out | {
		sum=0
		while read -r n; do
			sum=$((sum + n))
		done
		echo $sum
	}
}
# call SECONDS NAME "OPTIONS OF A" "OPTIONS OF B": so much sound
call()
{
	seconds=$1
	round=$2
	before=$(forwarded)
	# What the last one said is not said by this one.
	: >"$tmp/b"
	# shellcheck disable=SC2086
	"$WZP" -j -i "$tmp/b.id" -r "$relay_addr" listen --once --tone 330 \
	    $4 >"$tmp/b" 2>&1 &
	listener=$!
	wait_for "$tmp/b" '"registered"' 10
	# shellcheck disable=SC2086
	"$WZP" -j -i "$tmp/a.id" -r "$relay_addr" call "$FP_B" --tone 440 \
	    --seconds "$seconds" $3 >"$tmp/a" 2>&1 || {
		cat "$tmp/a" "$tmp/b"
		fail "$round: the call fails"
	}
	wait "$listener" || {
		cat "$tmp/b"
		fail "$round: the called client ends with an error"
	}
	for who in a b; do
		[ "$(event $who call_end received)" -ge \
		    $((seconds * 50 - 25)) ] || {
			cat "$tmp/a" "$tmp/b"
			fail "$round: $who has heard too little"
		}
		is $who call_end lost 0
	done
	passed=$(($(forwarded) - before))
}

relay_start
call 4 direct "" "--accept trusted"
for who in a b; do
	is $who call_end path direct
	is $who call_end e2e true
	is $who call_end refused 0
	# The beginning went by the relay, the rest did not.
	[ "$(event $who call_end relay_sent)" -le 80 ] ||
	    fail "$who sent too much by the relay"
	[ "$(event $who call_end direct_received)" -ge 130 ] ||
	    fail "$who got too little directly"
done
[ -n "$(event a media_start words)" ] || fail "no words"
is b media_start words "$(event a media_start words)"
[ "$passed" -le 160 ] || fail "the relay passed on $passed packets"
id=$(event a setup call_id)
ctl -j show calls | grep "$id" >"$tmp/row"
[ "$(json_field path <"$tmp/row")" = direct-lan ] || {
	cat "$tmp/row"
	fail "the registry knows another path"
}

call 2 relay-only "--relay-only" "--accept trusted"
for who in a b; do
	is $who call_end path relay
	is $who call_end e2e true
	is $who call_end direct_sent 0
done
call 2 relay-only-callee "" "--accept trusted --relay-only"
is a answered mode generic
is a call_end path relay
is b call_end e2e true
call 2 generic "" ""
# What is counted would show it (negative control).
[ "$passed" -ge 180 ] || fail "the relay passed on $passed packets only"
is a call_end path relay
is a call_end e2e true
id=$(event a setup call_id)
ctl -j show calls | grep "$id" >"$tmp/row"
[ "$(json_field path <"$tmp/row")" = relay ] ||
    fail "the registry knows another path than the relay"

# Identities that have proved themselves may not come as originals.
rm "$tmp/a.id"
call 2 original-caller --as-original "--accept trusted"
is a call_end e2e false
is b call_end e2e false
is b call_end path relay
rm "$tmp/b.id"
FP_B=$("$WZP" -i "$tmp/b.id" id)
rm "$tmp/a.id"
call 2 original-callee "" "--as-original"
is a e2e e2e false
is a call_end e2e false
is a call_end path relay

# Refused: who requires it.
: >"$tmp/b"
"$WZP" -j -i "$tmp/b.id" -r "$relay_addr" listen --mute --as-original \
    >"$tmp/b" 2>&1 &
listener=$!
wait_for "$tmp/b" '"registered"' 10
if "$WZP" -j -i "$tmp/a.id" -r "$relay_addr" call "$FP_B" --mute --seconds 2 \
    --require-e2e >"$tmp/a" 2>&1; then
	fail "a call with an original although it was not wanted"
fi
grep -q 'not be end-to-end' "$tmp/a" || fail "it is not said why"
[ -z "$(event a media_start call_id)" ] || fail "sound was sent"
kill "$listener"
wait "$listener"
relay_stop
relay_healthy
