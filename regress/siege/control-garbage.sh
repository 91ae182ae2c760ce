#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: control clients that send garbage, half requests, huge ones
. "$SRCDIR/regress/siege/harm.inc"

# says NAME PATTERN: the answer to what stands on standard input
says()
{
	"$RUDE" "$relay_sock" >"$tmp/answer" 2>"$tmp/err" ||
	    fail "$1: $(cat "$tmp/err")"
	grep -q '^1 made, 1 closed' "$tmp/err" || fail "$1: not closed"
	tr -d '\000' <"$tmp/answer" | grep -q -e "$2" ||
	    fail "$1: answered '$(head -c 200 "$tmp/answer")'"
}
# adds COUNTER N COMMAND...: it grows by N, and then no more
adds()
{
	name=$1
	wanted=$(($(counter controld "$1") + $2))
	shift 2
	"$@"
	until_true 5 reached || fail "$name: $(counter controld "$name")," \
	    "not $wanted"
}
reached()
{
	[ "$(counter controld "$name")" -eq "$wanted" ]
}
nonsense()
{
	printf '\n' | says "an empty line" 'unknown request' || exit
	printf 'shut down\n' | says "an unknown word" 'unknown request' || exit
	printf 'show everything\n' | says "an unknown table" 'unknown word' || exit
	printf 'show calls a b\n' | says "many words" 'too many words' || exit
	printf 'show calls \001\377\n' | says "no text" 'not plain text' || exit
	printf 'show\000calls\n' | says "a zero" 'not plain text' || exit
	printf '{"show":"calls"}\n' | says "JSON" 'unknown request' || exit
	printf 'show calls %0240d\n' 0 | says "a long filter" 'filter too long' || exit
	printf 'GET / HTTP/1.1\r\n\r\n' | says "HTTP" 'not plain text' || exit
}
bad()
{
	# No end of the line within 256 bytes, in a megabyte.
	head -c 256 /dev/zero | tr '\000' a | says "256 bytes" 'too long' || exit
	head -c 1000000 /dev/zero | says "a megabyte" 'too long' || exit
	# Half a request, then the end; nothing at all.
	for w in "show cal" ""; do
		printf '%s' "$w" | "$RUDE" -e "$relay_sock" >"$tmp/answer" \
		    2>"$tmp/err"
		[ ! -s "$tmp/answer" ] || fail "half a request is answered"
		grep -q '^1 made, 1 closed' "$tmp/err" || fail "not closed"
	done
}
# One whose line never ends, a second one that says nothing: five seconds.
slow()
{
	began=$(date +%s)
	for w in "show cal" ""; do
		printf '%s' "$w" | "$RUDE" "$relay_sock" >"$tmp/slow.$w" \
		    2>"$tmp/err.$w" &
		eval "rude_${w%% *}=$!"
	done
	# shellcheck disable=SC2154
	wait "$rude_show" "$rude_"
	took=$(($(date +%s) - began))
	if [ "$took" -lt 4 ] || [ "$took" -gt 15 ]; then
		fail "those who are slow have $took s"
	fi
}

relay_start
siege_watch
adds unfit 9 nonsense
adds bad 4 bad
adds bad 2 slow
ctl show workers >/dev/null || fail "no answer to a good request"
# Every request stands in the log, harmless.
uid=$(id -u)
siege_log "controld: control: uid $uid pid [0-9]*: show everything\$"
siege_log "controld: control: uid $uid pid [0-9]*: closed: no request in time\$" 2
siege_log "controld: control: uid $uid pid [0-9]*: show.*x00calls\$"
siege_log "controld: control: uid $uid pid [0-9]*: show calls .*x01.*xff\$"
[ -z "$(tr -d '\011\012\040-\176' <"$relay/log")" ] ||
    fail "bytes of theirs are in the log"
siege_calm
relay_stop
