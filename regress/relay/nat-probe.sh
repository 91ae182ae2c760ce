#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: protocol 7.2 - wzp nat: several relays in parallel, one socket
# COVERS: protocol 7.3 - loopback addresses say nothing: Unknown
. "$SRCDIR/regress/lib.sh"

first_pid=
both_cleanup()
{
	[ -z "$first_pid" ] || kill "$first_pid" 2>/dev/null
	case_cleanup
}
trap both_cleanup EXIT

relay_start "media workers 1"
first_pid=$relay_pid
first_addr=$relay_addr
first_sock=$relay_sock
relay=$tmp/second
relay_port=
relay_start "media workers 1"
nobody=127.0.0.1:$("$PEER" -f 20000-29999) || fail "no free port"

# The key that is in its way is not touched, and none is needed.
HOME=$tmp/none "$WZP" -j nat "$first_addr" "$relay_addr" "$nobody" \
    >"$tmp/out" 2>"$tmp/err"
status=$?
cat "$tmp/out" "$tmp/err"
[ "$status" -eq 0 ] || fail "wzp nat ends with status $status"
[ ! -e "$tmp/none" ] || fail "it has written something"
[ "$(grep -c '"event": *"nat_relay"' "$tmp/out")" -eq 3 ] ||
    fail "not a line for each relay"
seen=$(json_field observed <"$tmp/out" | sort -u)
case $seen in
127.0.0.1:[1-9]*)
	;;
*)
	fail "seen: $seen"
	;;
esac
[ "$(echo "$seen" | wc -l)" -eq 1 ] ||
    fail "two relays see two ports: not one socket"
[ "$(grep '"event": *"nat_relay"' "$tmp/out" | grep -c '"observed"')" -eq 2 ] ||
    fail "one of the relays has not answered"
grep '"nat_relay"' "$tmp/out" | grep -v '"observed"' | grep -q "$nobody" ||
    fail "nobody has answered"
grep '"event": *"nat"' "$tmp/out" | grep -q '"class": *"Unknown"' ||
    fail "another class than Unknown"

# For people the same; probes are in nobody's hub.
HOME=$tmp/none "$WZP" nat "$first_addr" "$relay_addr" >"$tmp/out" 2>&1 ||
    fail "no text"
grep -q "sees 127.0.0.1:" "$tmp/out" || fail "the text says nothing"
grep -q "^Unknown" "$tmp/out" || fail "the text has no class"
[ "$(ctl -j show clients | tr -d ' \n')" = '[]' ] || fail "a probe is online"
ctl -j show stats | tr -d ' \n' | grep -q '"registered":2,' ||
    fail "not two probes"

# One relay alone that does not answer: an error within its time.
start=$(date +%s)
HOME=$tmp/none "$WZP" nat "$nobody" >"$tmp/out" 2>&1 &&
    fail "nobody has answered, and yet all is well"
[ $(($(date +%s) - start)) -le 5 ] || fail "that took too long"
grep -q "$nobody: " "$tmp/out" || fail "no word about who did not answer"

relay_stop
relay_healthy ""
relay=$tmp/relay
relay_sock=$first_sock
relay_pid=$first_pid
first_pid=
relay_stop
relay_healthy ""
echo "ok"
