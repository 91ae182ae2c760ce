#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: another process holds the database: refused at the start; new
# COVERS: calls refused while it is locked, the live one goes on, and back
. "$SRCDIR/regress/siege/harm.inc"

db=$relay/db/calls.db
relay_start
relay_stop
hold()
{
	rm -f "$tmp/hold" "$tmp/hold.up"
	"$SQL" -h "$tmp/hold" "$db" "$1" >"$tmp/out" 2>&1 &
	holder=$!
	until_true 10 test -f "$tmp/hold.up" || fail "$(cat "$tmp/out")"
}
release()
{
	touch "$tmp/hold"
	wait "$holder" || fail "$(cat "$tmp/out")"
}
# All of it, so that nobody else can open it.
hold "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE"
refused "locked" "database calls.db: .*locked" "$db"
grep -q 'end the program that has it open' "$relay/log" ||
    fail "no word about what to do"
release

relay_restart
siege_watch
hold "BEGIN IMMEDIATE"
cat >"$tmp/refused.wire" <<!
include $INC/people.inc
seed F 909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf
connect c sni=_signal
expect-up c
send c {"RegisterPresence":{"identity_pub":\$C.pub,"signature":[],
	"alias":null}}
expect c {"RegisterPresenceAck":{"success":true,"relay_build":*}}
set CA "caller_fingerprint":"\$C.fp","caller_alias":null,
	"target_fingerprint":"\$F.fp"
send c {"DirectCallOffer":{\$CA,"call_id":"c9","identity_pub":\$C.pub,
	"ephemeral_pub":\$ZERO,"signature":[],"supported_profiles":[\$GOOD]}}
limit 10000
expect c {"Hangup":{"reason":"Error","call_id":"c9"}}
barrier c
!
failed=$(counter registryd commits_failed)
peer "$tmp/refused.wire" >"$tmp/out" 2>&1 ||
    fail "an offer while it is locked: $(tail -n 1 "$tmp/out")"
siege_log 'the registry does not store calls: '
release
more()
{
	[ "$(counter registryd commits_failed)" -gt "$failed" ]
}
until_true 5 more || fail "no failed commit is counted"
siege_calm
# Free again: a call is recorded.
offer c2 '{"CallRinging":{"call_id":"c2"}}' \
    '{"DirectCallOffer":*}' >"$tmp/offer.wire"
peer "$tmp/offer.wire" >"$tmp/out" 2>&1 ||
    fail "no call afterwards: $(tail -n 1 "$tmp/out")"
recorded()
{
	ctl -j show calls | grep -q '"c2"'
}
until_true 5 recorded || fail "it is not recorded"
relay_stop
