#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: storm - control: the judge of the storm objects to each deliberate fault
# LOAD: alone
# LIMIT: 900
. "$SRCDIR/regress/storm/kill.inc"

process=signald
seed=7
victim_instance=0
storm_lock
storm_relay
remember "$tmp/before"
mkdir "$tmp/early" && cp "$relay"/db/* "$tmp/early/" || exit 1
: >"$tmp/kills"
storm_start -s "$seed" -c 3 -p 6 -i 2 -q 10 -R 1
sleep 1
kill_once signald
sleep 3
kill_once signald
sleep 1
storm_settle
cp "$tmp/storm.log" "$tmp/middle.log"
mkdir "$tmp/middle" && cp "$relay"/db/* "$tmp/middle/" || exit 1
"$JUDGE" -m -p signald "$tmp/middle.log" "$tmp/kills" \
    "$tmp/middle/calls.db" || fail "the judge objects in mid-storm"
storm_end
# Not what was heard in this run: the machine may have stood still.
echo "1 25" >"$tmp/gaps"

# verdict WANT [OPTION...] LOG KILLS REGISTRY: a fault that says WANT
refused()
{
	want=$1
	shift
	"$JUDGE" -p signald "$@" >"$tmp/verdict" 2>&1 && {
		cat "$tmp/verdict"
		fail "the judge does not see: $want"
	}
	grep -q -e "$want" "$tmp/verdict" || {
		cat "$tmp/verdict"
		fail "the judge objects, but not for: $want"
	}
	echo "refused: $(grep -m 1 -e "$want" "$tmp/verdict")"
}

log=$tmp/storm.log
bad=$tmp/bad.log
db=$relay/db/calls.db
"$JUDGE" -p signald -g "$tmp/gaps" "$log" "$tmp/kills" "$db" \
    >"$tmp/verdict" || {
	cat "$tmp/verdict"
	fail "the judge objects to what is in order:" \
	    "$(sed -n 's/^fault: //p' "$tmp/verdict" | head -n 1)"
}

# An acknowledged call that the registry does not have.
id=$(grep '"ev":"ringing"' "$log" | head -n 1 | json_field call)
sed "s/$id/00000000000000000000000000000000/" "$log" >"$bad"
refused 'acknowledged .* 0 times' "$bad" "$tmp/kills" "$db"
# All of them: the registry of before.
refused 'acknowledged .* 0 times' "$log" "$tmp/kills" "$tmp/early/calls.db"
# Everybody has left, but the registry says calls are active.
refused 'is active in the registry, not ended' "$log" "$tmp/kills" \
    "$tmp/middle/calls.db"
# Its caller does not know that a call has ended.
id=$(grep '"ev":"hangup".*"caller":true.*Normal' "$tmp/middle.log" |
    head -n 1 | json_field call)
grep -v "\"hangup\".*$id" "$tmp/middle.log" >"$bad"
refused 'is ended in the registry, not active' -m "$bad" "$tmp/kills" \
    "$tmp/middle/calls.db"
# It was set up as far as its caller knows, and never answered.
id=$(grep '"ev":"offer"' "$log" | sed -n 5p | json_field call)
grep -v "$id" "$log" >"$bad"
sed "s/$id/11111111111111111111111111111111/" "$log" |
    grep -e 11111111111111111111111111111111 >>"$bad"
refused '0 times' "$bad" "$tmp/kills" "$db"
# Somebody stays away; somebody is late; somebody is lost without a reason.
c=$(grep '"ev":"registered"' "$log" | tail -n 1 | json_field c)
awk -v c="\"c\":$c}" '/"ev":"registered"/ && index($0, c) && seen++ { next }
    { print }' "$log" >"$bad"
refused "client $c never came back" "$bad" "$tmp/kills" "$db"
awk -v c="\"c\":$c}" '/"ev":"registered"/ && index($0, c) {
	if (last != "")
		print last
	last = $0
	next
} { print } END { sub(/"t":/, "\"t\":9", last); print last }' "$log" >"$bad"
refused 'to be back' "$bad" "$tmp/kills" "$db"
tail -n 1 "$tmp/kills" >"$tmp/one"
refused 'registrations were lost that nobody cut' "$log" "$tmp/one" "$db"
refused 'nothing was killed' "$log" /dev/null "$db"
# A live call ends, media is lost, a client gives up.
call=$(grep '"ev":"offer","c":0,' "$log" | tail -n 1 | json_field call)
awk -v call="$call" '{ print } /"ev":"steady"/ {
	printf "{\"t\":1,\"ev\":\"hangup\",\"c\":0,\"call\":\"%s\"," \
	    "\"caller\":true,\"reason\":\"Error\"}\n", call
}' "$log" >"$bad"
refused 'calls that were to last ended' "$bad" "$tmp/kills" "$db"
awk '{ print } /"ev":"steady"/ {
	t = $0; sub(/.*"t":/, "", t); sub(/,.*/, "", t)
	printf "{\"t\":%s,\"ev\":\"medialost\",\"c\":1}\n", t
	printf "{\"t\":%s,\"ev\":\"media\",\"c\":1,\"slot\":2}\n", t
}' "$log" >"$bad"
refused 'media connections were lost that nobody cut' "$bad" "$tmp/kills" \
    "$db"
awk '{ print } /"ev":"steady"/ { print "{\"t\":1,\"ev\":\"gone\",\"c\":1}" }' \
    "$log" >"$bad"
refused 'clients gave up' "$bad" "$tmp/kills" "$db"
# A hole in what was heard; no storm at all.
echo "1 20000" >"$tmp/hole"
refused 'heard a gap of 20000 ms' -g "$tmp/hole" "$log" "$tmp/kills" "$db"
# Who moved to a new port may miss a little more, and no more than that.
echo "1 150" >"$tmp/hole"
grep -v '"ev":"stall"' "$log" >"$bad"
refused 'heard a gap of 150 ms' -g "$tmp/hole" "$bad" "$tmp/kills" "$db"
echo '{"t":1,"ev":"rebound","c":1}' >>"$bad"
"$JUDGE" -p signald -g "$tmp/hole" "$bad" "$tmp/kills" "$db" >"$tmp/verdict" ||
    fail "a client that moved may not miss a moment"
echo "1 200" >"$tmp/hole"
refused 'heard a gap of 200 ms' -g "$tmp/hole" "$bad" "$tmp/kills" "$db"
grep -v '"ev":"offer"' "$log" >"$bad"
refused 'are no storm' "$bad" "$tmp/kills" "$db"
# Lost media while others come and go.
sed 's/"lost":0/"lost":99/' "$log" >"$bad"
refused 'media packets of .* were lost' -x "$bad" "$tmp/kills" "$db"
quiet "$tmp/before"
# Descriptors and tables: one more is one too much.
sed 's/^relayd .*/relayd 3/' "$tmp/before" >"$tmp/other"
if same_state "$tmp/other"; then
	fail "descriptors are not counted"
fi
relay_stop
