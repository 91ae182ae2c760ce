#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: databases that are damaged, cut off, newer, or another's: at
# COVERS: the start refused, left as they are; while a call is on it goes on
. "$SRCDIR/regress/siege/harm.inc"

db=$relay/db/calls.db
# put: the database is this file's content, of the user it belongs to
put()
{
	rm -f "$db" "$db-wal" "$db-shm"
	cat >"$db"
	is_root && chown "$(uid_of registryd):$(uid_of registryd)" "$db"
	chmod 600 "$db"
}
relay_start
offer c1 '{"CallRinging":{"call_id":"c1"}}' \
    '{"DirectCallOffer":*}' >"$tmp/offer.wire"
peer "$tmp/offer.wire" >"$tmp/out" 2>&1 || fail "no call: $(tail -n 1 "$tmp/out")"
relay_stop
"$SQL" "$db" "PRAGMA wal_checkpoint(TRUNCATE)" >"$tmp/out" || fail "sql"
cp "$db" "$tmp/good"
pages=$(($(wc -c <"$tmp/good") / 4096))
[ "$pages" -ge 3 ] || fail "$pages pages"

spoiled='the file was left as it is'
{ head -c 100 /dev/zero | tr '\000' x && tail -c +101 "$tmp/good"; } | put
refused "another header" "database calls.db: .*not a database" "$db"
grep -q "$spoiled" "$relay/log" || fail "no word about what to do"
head -c 5000 "$tmp/good" | put
refused "cut off" "database calls.db: .*malformed" "$db"
# A page of letters in the middle.
{ head -c 4096 "$tmp/good" && head -c 4096 /dev/zero | tr '\000' x &&
    tail -c +8193 "$tmp/good"; } | put
refused "a spoiled page" "database calls.db: .*\(malformed\|damaged\)" "$db"
grep -q "$spoiled" "$relay/log" || fail "no word about what to do"
head -c 100000 /dev/urandom | put
refused "random bytes" "database calls.db: .*not a database" "$db"
# Of a version to come, of another program, and one that lies about itself.
put <"$tmp/good"
"$SQL" "$db" "PRAGMA journal_mode = DELETE; PRAGMA user_version = 999" \
    >"$tmp/out" || fail "sql"
refused "a newer one" "schema version 999 is newer than this program" "$db"
rm -f "$db"
"$SQL" "$db" "CREATE TABLE mail (text TEXT); INSERT INTO mail VALUES ('x')"
is_root && chown "$(uid_of registryd):$(uid_of registryd)" "$db"
refused "another program's" "another program's database" "$db"
"$SQL" "$db" "PRAGMA user_version = 1"
refused "another program's with our number" "another program's" "$db"
rm -f "$db"
mkdir "$db"
refused "a directory" "database calls.db: .*unable to open" "$relay/relay.seed"
rmdir "$db"
is_root && {
	put <"$tmp/good"
	chown 0:0 "$db"
	chmod 600 "$db"
	refused "root's" "database calls.db: " "$db"
}

# While it serves: the page of the schema is gone, and registryd is killed.
put <"$tmp/good"
relay_restart
SIEGE_BUT=registryd
siege_watch
"$SQL" "$db" "PRAGMA wal_checkpoint(TRUNCATE)" >"$tmp/out" || fail "sql"
cp "$db" "$tmp/good"
cat >"$tmp/spoil" <<!
head -c 4096 /dev/urandom | dd of="$db" conv=notrunc 2>/dev/null
kill -9 $(worker_pid registryd)
!
# Nobody's call begins without a record; the one that is goes on.
cat >"$tmp/refused.wire" <<!
include $INC/people.inc
seed F 909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf
connect c sni=_signal
expect-up c
send c {"RegisterPresence":{"identity_pub":\$C.pub,"signature":[],
	"alias":null}}
expect c {"RegisterPresenceAck":{"success":true,"relay_build":*}}
shell sh "$tmp/spoil"
until 10000 grep -q 'registryd: database calls.db: ' "$relay/log"
shell cksum "$db" >"$tmp/files"
send c {"DirectCallOffer":{"caller_fingerprint":"\$C.fp",
	"caller_alias":null,"target_fingerprint":"\$F.fp","call_id":"c9",
	"identity_pub":\$C.pub,"ephemeral_pub":\$ZERO,"signature":[],
	"supported_profiles":[\$GOOD]}}
limit 10000
expect c {"Hangup":{"reason":"Error","call_id":"c9"}}
barrier c
!
peer "$tmp/refused.wire" >"$tmp/out" 2>&1 ||
    fail "an offer without a registry: $(tail -n 1 "$tmp/out")"
siege_log 'registryd: the file was left as it is: '
cksum "$db" | cmp -s - "$tmp/files" || fail "the damaged file was changed"
# A good copy is put there, as the log says: it comes back by itself.
rm -f "$db-wal" "$db-shm"
put <"$tmp/good"
back()
{
	ctl -j show calls >"$tmp/out" 2>&1
}
until_true 20 back || fail "no registry: $(cat "$tmp/out")"
siege_log 'relayd: registryd died: exit status 1'
siege_count relayd restarts 1
siege_count signald registry_away 1 1
# All others are who they were.
siege_calm
relay_healthy registryd
relay_stop
