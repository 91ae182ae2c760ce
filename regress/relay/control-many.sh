#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: control: rooms of all mediads, each row with its worker's instance
# COVERS: control: relayd's own counters, reload on the admin socket only
# COVERS: control: many questions at once to a stopped worker blame nobody
. "$SRCDIR/regress/lib.sh"

ROOMS=$SRCDIR/regress/wire/inc/two-rooms.inc
MANY=24		# tools at once; a worker owes at most 16 answers

# rows TEXT...: JSON rows that have all these texts
rows()
{
	cat "$tmp/rows" >"$tmp/left"
	for t; do
		grep -F -e "$t" "$tmp/left" >"$tmp/next"
		mv "$tmp/next" "$tmp/left"
	done
	wc -l <"$tmp/left" | tr -d ' '
}
# ask WORD...: its rows one a line, without blanks, in $tmp/rows
ask()
{
	ctl -j show "$@" >"$tmp/json" 2>"$tmp/err" || return 1
	tr -d ' \n' <"$tmp/json" | tr '{' '\n' | grep '}' >"$tmp/rows"
}
# many WORD...: so many tools at once; their outcomes in $tmp/many
many()
{
	rm -rf "$tmp/many"
	mkdir "$tmp/many"
	i=0
	tools=
	while [ $i -lt $MANY ]; do
		{
			ctl "$@" >"$tmp/many/out.$i" 2>"$tmp/many/err.$i"
			echo $? >"$tmp/many/status.$i"
		} &
		tools="$tools $!"
		i=$((i + 1))
	done
	for t in $tools; do
		wait "$t"
	done
}
# ended STATUS: how many of them ended so
ended()
{
	cat "$tmp"/many/status.* | grep -c "^$1\$"
}

relay_start "media workers 2"
cat >"$tmp/rooms.wire" <<!
include $ROOMS
shell touch $tmp/here
until 30000 test -f $tmp/end
datagram mc 0034000000000000000000006161
expect-datagram md 0034000000000000000000006161
!
peer "$tmp/rooms.wire" >"$tmp/peer.out" 2>&1 &
talk=$!
until_true 10 test -f "$tmp/here" || {
	cat "$tmp/peer.out"
	fail "nobody gets into a room"
}

# The rooms of both, and of one its members.
ask rooms || fail "no rooms"
[ "$(rows '"room":')" -eq 2 ] || fail "not two rooms: $(cat "$tmp/json")"
[ "$(rows '"room":"north' '"participants":2' '"worker":"mediad"' \
    '"instance":0}')" -eq 1 ] || fail "no room north: $(cat "$tmp/json")"
[ "$(rows '"room":"south' '"participants":2' '"worker":"mediad"' \
    '"instance":1}')" -eq 1 ] || fail "no room south: $(cat "$tmp/json")"
south=$(json_field room <"$tmp/left")
ask rooms "$south" || fail "no members of $south"
[ "$(rows '"fingerprint":' '"instance":1}')" -eq 2 ] ||
    fail "not two members: $(cat "$tmp/json")"
if ask rooms nowhere; then
	fail "a room that is not there has members"
fi
grep -q '^wzpctl: no such room$' "$tmp/err" || fail "$(cat "$tmp/err")"

# A row of every process, relayd's own too.
ask stats || fail "no counters"
for w in relayd keyd registryd signald doord controld; do
	[ "$(rows "\"worker\":\"$w\"")" -eq 1 ] || fail "no counters of $w"
done
[ "$(rows '"worker":"mediad"')" -eq 2 ] || fail "not two mediads"
[ "$(rows '"worker":"mediad","instance":1' '"members":2')" -eq 1 ] ||
    fail "no counters of mediad 1"

# Reload: from the admin socket only.
ctl reload >"$tmp/out" || fail "no reload"
"$WZPCTL" -s "$relay/run/relayd.ro.sock" reload >"$tmp/out" 2>"$tmp/err" &&
    fail "reload on the read-only socket"
grep -q 'read-only' "$tmp/err" || fail "$(cat "$tmp/err")"
"$WZPCTL" -s "$relay/run/relayd.ro.sock" show rooms >"$tmp/out" ||
    fail "the read-only socket shows nothing"
echo nonsense >>"$relay/relayd.conf"
ctl reload >"$tmp/out" 2>"$tmp/err" && fail "a bad file is reloaded"
grep -q '^wzpctl: .' "$tmp/err" || fail "no reason"
sed -i '$d' "$relay/relayd.conf"

# Many at once: answered in full, or refused with a word.
many show stats
[ $(($(ended 0) + $(ended 1))) -eq $MANY ] || fail "some tool got stuck"
[ "$(ended 0)" -ge 1 ] || fail "none was answered"
if [ "$(ended 1)" -gt 0 ]; then
	cat "$tmp"/many/err.* | grep -v 'questions to answer, try again$' &&
	    fail "another error"
fi
# While mediad 1 is stopped: none gets a whole answer, all get a reason,
# and no more than it may owe have been sent to it.
one=$(ctl -j show workers | tr '{' '\n' | grep '"name": *"mediad"' |
    grep '"instance": *1[,}]' | json_field pid)
kill -STOP "$one"
many show rooms
[ "$(ended 1)" -eq $MANY ] || {
	kill -CONT "$one"
	fail "an answer without mediad 1"
}
late=$(cat "$tmp"/many/err.* | grep -c 'mediad 1 did not answer$')
refused=$(cat "$tmp"/many/err.* | grep -c 'mediad 1 has too many questions')
kill -CONT "$one"
if [ "$late" -ne 16 ] || [ "$((late + refused))" -ne $MANY ]; then
	fail "$late were asked, $refused refused"
fi
until_true 5 ask rooms || fail "no answer afterwards: $(cat "$tmp/err")"
[ "$(rows '"room":')" -eq 2 ] || fail "not two rooms at last"

touch "$tmp/end"
wait "$talk" || {
	cat "$tmp/peer.out"
	fail "those inside noticed"
}
relay_stop
relay_healthy
