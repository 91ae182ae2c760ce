#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: control clients that ask what has a long answer and do not read
# COVERS: siege: it: others are served, and after ten seconds they are put out
# LOAD: light
. "$SRCDIR/regress/siege/harm.inc"

UNREAD=12
# People with long names: an answer that no socket's buffer has room for.
PEOPLE=160		# twice
name=$(head -c 128 /dev/zero | sed 's/\x00/\\u0001/g')
# people NAME FIRST: a script of so many, who stay
people()
{
	i=$2
	while [ "$i" -lt $(($2 + PEOPLE)) ]; do
		cat <<!
seed K$i $(printf '%064x' "$i")
connect c$i sni=_signal
expect-up c$i
send c$i {"RegisterPresence":{"identity_pub":\$K$i.pub,"signature":[],
	"alias":"$name"}}
expect c$i {"RegisterPresenceAck":*}
ignore c$i
!
		i=$((i + 1))
	done >"$tmp/some"
	cat - "$tmp/some" <<! | siege_script "$1"
limit 20000
!
	cat >>"$tmp/$1.wire" <<!
shell : >"$tmp/$1.up"
until 60000 test -f "$tmp/people.end"
!
}
people these 1
people those 1001
siege_begin "limit registration-source-rate 1000000"
for p in these those; do
	peer "$tmp/$p.wire" >"$tmp/$p.out" 2>&1 &
	eval "$p=$!"
done
for p in these those; do
	until_true 30 test -f "$tmp/$p.up" ||
	    fail "$(tail -n 1 "$tmp/$p.out")"
done

long=$(ctl -j show clients | wc -c)
[ "$long" -gt "$(cat /proc/sys/net/core/wmem_default)" ] ||
    fail "an answer of only $long bytes"
echo "show clients" | "$RUDE" -h "$tmp/hold" -n $UNREAD "$relay_sock" \
    2>"$tmp/err" &
rude=$!
until_true 20 test -f "$tmp/hold.up" || fail "$(cat "$tmp/err")"
# They are there, with what is not read, and others hear everything.
siege_shown stats "\"worker\":\"controld\".*\"clients\":$((UNREAD + 1))"
siege_shown workers '"name":"controld"'
[ "$(ctl -j show clients | wc -c)" -ge "$long" ] ||
    fail "others do not hear the whole answer"
siege_count controld unread 0 0
gone()
{
	siege_reached controld unread $UNREAD
}
siege_until 20 gone || fail "unread of controld grew by $s_grown, not $UNREAD"
siege_count controld unread $UNREAD $UNREAD
siege_log "controld: control: uid $(id -u) pid [0-9]*: closed: its answer is not read, [1-9][0-9]* bytes of [1-9]" $UNREAD
touch "$tmp/hold"
wait "$rude" || fail "$(cat "$tmp/err")"
grep -q "^$UNREAD made, $UNREAD closed" "$tmp/err" || fail "$(cat "$tmp/err")"
touch "$tmp/people.end"
# shellcheck disable=SC2154
for p in "$these" "$those"; do
	wait "$p" || fail "$(tail -n 1 "$tmp/these.out" "$tmp/those.out")"
done
siege_end
