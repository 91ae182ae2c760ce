#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: protocol 9.1 - `federation yes' without peers: `_federation' and
# COVERS: protocol 9.1 - `_probe' are dropped after the handshake, by federd
. "$SRCDIR/regress/lib.sh"

cat >"$tmp/names.wire" <<!
include $SRCDIR/regress/wire/inc/people.inc
connect f sni=_federation
expect-up f
expect-close f app code=0 reason=""
connect g sni=_PROBE
expect-up g
expect-close g app code=0 reason=""
connect h sni=_federation
expect-up h
send h {"FederationHello":{"tls_fingerprint":"\$R.tlsfp"}}
expect-close h app code=0 reason=""
!
counter()
{
	ctl -j show stats | tr '{' '\n' | grep '"worker": *"federd"' |
	    json_field "$1"
}
names()
{
	peer "$tmp/names.wire" >"$tmp/out" 2>&1
}
must()
{
	names || {
		cat "$tmp/out"
		fail "$1"
	}
}

relay_start "federation yes"
must "federd does not answer"
[ "$(counter refused_links)" = 2 ] || fail "it was not federd that answered"
[ "$(counter refused_probes)" = 1 ] || fail "it was not federd that answered"
[ "$(counter quic_connections)" = 0 ] || fail "connections are left over"
pid=$(worker_pid federd)
kill -9 "$pid"
new_federd()
{
	p=$(worker_pid federd)
	[ -n "$p" ] && [ "$p" != "$pid" ]
}
until_true 10 new_federd || fail "federd does not come back"
until_true 10 names || {
	cat "$tmp/out"
	fail "federd does not answer after its death"
}
relay_stop
relay_healthy federd

# Negative control: without it there is no federd, and the counters say so.
relay_start "federation no"
must "nobody answers those names"
[ -z "$(counter refused_links)" ] || fail "there is a federd"
[ -z "$(worker_pid federd)" ] || fail "there is a federd"
relay_stop
relay_healthy
