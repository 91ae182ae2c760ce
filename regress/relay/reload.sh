#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: relay: SIGHUP and wzpctl reload apply what can change without a
# COVERS: relay: restart, to all workers; a bad file, or one that changes what
# COVERS: relay: cannot, is refused as a whole and says why
# COVERS: relay: federd and lookupd come and go with the configuration
. "$SRCDIR/regress/lib.sh"

cell()
{
	ctl -j show workers | tr '{' '\n' | grep "\"name\": *\"$1\"" |
	    grep "\"instance\": *$2[,}]" | json_field "$3"
}
pids()
{
	ctl -j show workers | tr '{' '\n' | grep '"name"' | json_field pid
}
is()
{
	[ "$(cell "$1" "$2" "$3")" = "$4" ]
}
# reload PATTERN: SIGHUP, and the line of the log that ends it
reload()
{
	lines=$(grep -c '^relayd: reload: ' "$relay/log")
	kill -HUP "$relay_pid"
	until_true 5 reloaded || fail "no reload"
	grep '^relayd: reload: ' "$relay/log" | tail -n 1 | grep -q -e "$1" ||
	    fail "the reload does not end with: $1"
}
reloaded()
{
	[ "$(grep -c '^relayd: reload: ' "$relay/log")" -gt "$lines" ]
}
# set_line KEY LINE: in the place of the one that begins with KEY
set_line()
{
	sed -i "s,^$1.*,$2," "$relay/relayd.conf"
	grep -q -e "^$2\$" "$relay/relayd.conf" || fail "no line $1"
}
# Who does not register goes after `limit register': that tells which value
# signald has.
cat >"$tmp/slow.wire" <<!
connect p sni=_signal
expect-up p
expect-none p 1500
close p 0 "normal close"
!
cat >"$tmp/quick.wire" <<!
connect p sni=_signal
expect-up p
expect-close p app code=0 reason=""
!
slow()
{
	peer "$tmp/slow.wire" >"$tmp/out" 2>&1 || {
		cat "$tmp/out"
		fail "$1: a new limit is in force"
	}
}
quick()
{
	if peer "$tmp/slow.wire" >"$tmp/out" 2>&1; then
		fail "$1: the new limit is not in force"
	fi
	peer "$tmp/quick.wire" || fail "$1: not even at last"
}

relay_start "limit register 60 seconds" "media workers 2" "federation no" \
    "registry retention 90 days"
before=$(pids)
cp "$relay/relayd.conf" "$tmp/good.conf"

# Something good, and something bad: nothing of it happens.
set_line "limit register" "limit register 300 milliseconds"
echo "nonsense" >>"$relay/relayd.conf"
line=$(wc -l <"$relay/relayd.conf")
reload "relayd.conf:$line: .*nonsense.*nothing was changed"
slow "a bad file"
mv "$relay/relayd.conf" "$tmp/away"
reload "No such file.*nothing was changed"
cp "$tmp/good.conf" "$relay/relayd.conf"

# Good alone.
set_line "limit register" "limit register 300 milliseconds"
reload "done"
quick "a good file"
[ "$(pids)" = "$before" ] || fail "a limit costs a worker its life"

# What needs a restart is named; all of it, and nothing else happens.
# fixed KEY LINE NEWLINE
fixed()
{
	cp "$tmp/good.conf" "$relay/relayd.conf"
	set_line "limit register" "limit register 60 seconds"
	set_line "$2" "$3"
	reload "a restart is needed to change $1; nothing was changed"
	echo "$1: refused"
}
fixed identity identity "identity \"$relay/other.seed\""
fixed database database "database \"$relay/db/other.db\""
fixed "control socket" "control socket read-only" \
    "control socket read-only \"$relay/run/other.sock\""
fixed listen "listen on 127" "listen on 127.0.0.1 port 9"
if is_root; then
	fixed chroot chroot "chroot \"$tmp\""
	fixed "user mediad" "user mediad" "user mediad 61999"
fi
cp "$tmp/good.conf" "$relay/relayd.conf"
echo "steering none" >>"$relay/relayd.conf"
set_line database "database \"$relay/db/other.db\""
reload "change steering, database; nothing"
quick "a refused file"
[ "$(pids)" = "$before" ] || fail "a refused file costs a worker its life"
cp "$tmp/good.conf" "$relay/relayd.conf"
reload "done"
slow "back again"

# wzpctl says how it went.
asked()
{
	ctl reload >"$tmp/out" 2>&1
	status=$?
	! grep -q 'a moment ago' "$tmp/out"
}
until_true 5 asked || fail "wzpctl reload is always too early"
[ "$status" -eq 0 ] || {
	cat "$tmp/out"
	fail "wzpctl reload of a good file ends with $status"
}
echo "nonsense" >>"$relay/relayd.conf"
until_true 5 asked || fail "wzpctl reload is always too early"
if [ "$status" -eq 0 ] || ! grep -q nonsense "$tmp/out"; then
	cat "$tmp/out"
	fail "wzpctl reload says nothing of a bad file ($status)"
fi
cp "$tmp/good.conf" "$relay/relayd.conf"

# federd and lookupd.
n_workers()
{
	pids | wc -l
}
ended()
{
	[ -z "$(cell "$1" 0 pid)" ] && [ -z "$(worker_pid "$1")" ]
}
[ "$(n_workers)" -eq 7 ] || fail "$(n_workers) workers, not seven"
set_line federation "federation yes"
reload "done"
until_true 10 is federd 0 state serving || fail "no federd"
[ -n "$(cell federd 0 slot)" ] || fail "federd has no slot"
echo 'auth url "https://127.0.0.1:9/one"' >>"$relay/relayd.conf"
reload "done"
until_true 10 is lookupd 0 state serving || fail "no lookupd"
is lookupd 0 generation 1 || fail "lookupd is not the first of its kind"
# Another address is for another lookupd; the same one is not.
reload "done"
is lookupd 0 generation 1 || fail "the same URL costs lookupd its life"
set_line "auth url" 'auth url "https://127.0.0.1:9/two"'
reload "done"
new_lookupd()
{
	is lookupd 0 generation 2 && is lookupd 0 state serving
}
until_true 10 new_lookupd || fail "another URL does not restart lookupd"
is lookupd 0 deaths_last_minute 0 || fail "that counts as a death"
set_line federation "federation no"
sed -i '/^auth url/d' "$relay/relayd.conf"
reload "done"
until_true 10 ended federd || fail "federd does not end"
until_true 10 ended lookupd || fail "lookupd does not end"
# Off and on again: the slot is the same.
set_line federation "federation yes"
reload "done"
until_true 10 is federd 0 state serving || fail "no second federd"
is federd 0 generation 2 || fail "not the second generation"
[ "$(pids | sort | tr '\n' ' ')" = \
    "$(echo "$before" "$(cell federd 0 pid)" | tr ' ' '\n' | sort |
    tr '\n' ' ')" ] || fail "another worker is new"
relay_stop
relay_healthy
