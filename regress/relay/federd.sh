#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: protocol 9.1, 9.2 - `federation yes' without peers: every
# COVERS: protocol 9.1, 9.2 - `_federation' is a stranger's and is dropped, the
# COVERS: protocol 9.1, 9.2 - silent one after 5 s; the log has the stanza that
# COVERS: protocol 9.1, 9.2 - it would need, and relayd takes it
. "$SRCDIR/regress/lib.sh"

tail=:62:aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77
cat >"$tmp/names.wire" <<!
include $SRCDIR/regress/wire/inc/people.inc
limit 15000
connect f sni=_federation
expect-up f
connect h sni=_federation
expect-up h
send h {"FederationHello":{"tls_fingerprint":"0c$tail"}}
expect-close h app code=0 reason=""
expect-close f app code=0 reason=""
!
cat >"$tmp/probe.wire" <<!
connect g sni=_PROBE
expect-up g
send g {"Ping":{"timestamp_ms":1775000000123}}
expect g {"Pong":{"timestamp_ms":1775000000123}}
close g 0 "normal close"
!
cat >"$tmp/nobody.wire" <<!
connect f sni=_federation
expect-up f
expect-close f app code=0 reason=""
connect g sni=_PROBE
expect-up g
expect-close g app code=0 reason=""
!
counter()
{
	ctl -j show stats | tr '{' '\n' | grep '"worker": *"federd"' |
	    json_field "$1"
}
is()
{
	[ "$(counter "$1")" = "$2" ]
}
run()
{
	peer "$tmp/$1.wire" >"$tmp/out" 2>&1
}
must()
{
	run "$1" || {
		cat "$tmp/out"
		fail "$2"
	}
}

relay_start "federation yes"
must names "federd does not answer"
must probe "federd does not answer probes"
is refused_links 1 || fail "it was not federd that refused a stranger"
is silent_links 1 || fail "it was not federd that dropped a silent one"
is probes_accepted 1 || fail "it was not federd that answered a probe"
until_true 5 is quic_connections 0 || fail "connections are left over"

# What the log says is what the configuration takes.
sed -n 's/.*to have it, if that is so: \(peer .*\)/\1/p' "$relay/log" \
    >"$tmp/stanza"
grep -q "fingerprint \"0c$tail\"" "$tmp/stanza" || fail "no stanza in the log"
cat "$relay/relayd.conf" "$tmp/stanza" >"$tmp/with.conf"
"$RELAYD" -n -f "$tmp/with.conf" || fail "the stanza of the log is no good"

pid=$(worker_pid federd)
kill -9 "$pid"
new_federd()
{
	p=$(worker_pid federd)
	[ -n "$p" ] && [ "$p" != "$pid" ]
}
until_true 10 new_federd || fail "federd does not come back"
until_true 10 run probe || {
	cat "$tmp/out"
	fail "federd does not answer after its death"
}
relay_stop
relay_healthy federd

# Negative control: without it there is no federd, and the counters say so.
relay_start "federation no"
must nobody "nobody answers those names"
[ -z "$(counter refused_links)" ] || fail "there is a federd"
[ -z "$(worker_pid federd)" ] || fail "there is a federd"
relay_stop
relay_healthy
