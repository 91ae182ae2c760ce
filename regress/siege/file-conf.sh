#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: configurations that are garbage: each refused with file and
# COVERS: line; a reload of one leaves all as it is
. "$SRCDIR/regress/siege/harm.inc"

conf=$tmp/conf
# bad NAME PATTERN: what stands on standard input, as the configuration
bad()
{
	cat >"$conf"
	timeout -k 1 10 "$RELAYD" -n -f "$conf" >"$tmp/out" 2>&1
	status=$?
	[ "$status" -eq 1 ] || fail "$1: status $status"
	grep -a -q -e "$2" "$tmp/out" || fail "$1: $(head -c 300 "$tmp/out")"
	[ "$(wc -l <"$tmp/out")" -le 30 ] ||
	    fail "$1: $(wc -l <"$tmp/out") lines of errors"
	[ -z "$(tr -d '\011\012\040-\176' <"$tmp/out")" ] ||
	    fail "$1: its bytes are in the message"
	cp "$conf" "$relay/relayd.conf"
	until_true 5 refused_by_reload || fail "$1: $(cat "$tmp/out")"
}
# A reload says what is wrong; there are but so many a second.
refused_by_reload()
{
	! ctl reload >"$tmp/out" 2>&1 && grep -q 'relayd\.conf' "$tmp/out"
}
spoil()
{
	bad "nothing" 'no listen\|listen on' </dev/null
	{ printf '\001' && head -c 20000 /dev/urandom; } |
	    bad "random bytes" "$conf:1: " || exit
	printf 'listen on \000127.0.0.1\n' | bad "a zero" "$conf:1: " || exit
	printf 'legacy clients \377\376\n' | bad "no text" "$conf:1: " || exit
	head -c 1000000 /dev/zero | tr '\000' x |
	    bad "a huge word" "$conf:1: " || exit
	{ echo "legacy clients allow" && head -c 1000000 /dev/zero |
	    tr '\000' ' ' && echo nonsense; } |
	    bad "a huge line" "$conf:2: .*nonsense" || exit
	printf 'identity "%1000000s"\n' x | bad "a huge text" "$conf:1: " || exit
	printf 'identity "/tmp/x\n' | bad "a quote without end" "$conf:[12]: " || exit
	printf 'peer "x" {\n' | bad "a brace without end" "$conf:[12]: " || exit
	yes '{' | head -n 20000 | bad "braces" "$conf:1: " || exit
	awk 'BEGIN { for (i = 0; i < 5000; i++)
		print "listen on 127.0.0.1 port", i + 1 }' |
	    bad "5000 addresses" "$conf:[0-9]*: " || exit
	awk 'BEGIN { print "a0 = \"x\""; for (i = 1; i < 3000; i++)
		print "a" i " = \"$a" i - 1 "$a" i - 1 "\""; print "$a2999" }' |
	    bad "macros of macros" "$conf:" || exit
	printf 'limit calls 99999999999999999999\n' |
	    bad "a number" "$conf:1: " || exit
	printf 'limit calls -1\n' | bad "a number below none" "$conf:1: " || exit
	printf 'limit ring 9999999999 days\n' | bad "a time" "$conf:1: " || exit
}
relay_start
cp "$relay/relayd.conf" "$tmp/good"
siege_watch
spoil
# Files that are none.
mkfifo "$tmp/pipe"
for d in "$tmp" /dev/null "$tmp/nowhere" "$tmp/pipe"; do
	timeout -k 1 10 "$RELAYD" -n -f "$d" >"$tmp/out" 2>&1
	[ $? -eq 1 ] || fail "$d is a configuration"
done
grep -q 'pipe: that is no file' "$tmp/out" || fail "$(cat "$tmp/out")"
# Nobody else is served while relayd waits for whoever should write to a pipe.
rm "$relay/relayd.conf"
mv "$tmp/pipe" "$relay/relayd.conf"
until_true 5 refused_by_reload || fail "a pipe: $(cat "$tmp/out")"
rm "$relay/relayd.conf"
mkdir "$relay/relayd.conf"
until_true 5 refused_by_reload || fail "a directory: $(cat "$tmp/out")"
rmdir "$relay/relayd.conf"
siege_log 'relayd.conf:1: '
cp "$tmp/good" "$relay/relayd.conf"
reloads()
{
	ctl reload >"$tmp/out" 2>&1
}
until_true 5 reloads || fail "the good one is not reloaded: $(cat "$tmp/out")"
siege_calm
relay_stop

# Directories and devices in place of its files, at the start.
for w in identity "control socket"; do
	sed "s,^$w \".*,$w \"$tmp\"," "$tmp/good" >"$relay/relayd.conf"
	refused "$w is a directory" "$tmp" "$tmp/good"
done
