#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: relay: a worker in an attacker's hands (garbage to neighbours and to
# COVERS: relayd, messages that are not its own, false blame, a forbidden
# COVERS: system call) gets nobody but itself restarted
. "$SRCDIR/regress/lib.sh"

# The other workers are the real ones.
libexec=$tmp/libexec
mkdir "$libexec"
chmod 755 "$libexec"
for w in keyd registryd signald doord controld; do
	ln -s "$BUILD/$w/$w" "$libexec/$w"
done
cp "$BUILD/regress/hostile/badworker" "$libexec/mediad"
sanitizers=false
grep -q '^#define WZP_SANITIZERS 1' "$BUILD/config.h" && sanitizers=true
RELAY_LIBEXEC=$libexec

restarted()
{
	[ "$(grep -c 'mediad 0 serves' "$relay/log")" -ge 2 ]
}
others()
{
	for o in keyd registryd signald doord controld; do
		worker_pid "$o"
	done
}
log_says()
{
	grep -q -e "$1" "$relay/log" || fail "$deed: no line like '$1'"
}
no_log()
{
	! grep -q -e "$1" "$relay/log" || fail "$deed: a line like '$1'"
}

# The control: without orders nobody dies.
deed=nothing
relay_start "media workers 1"
[ "$(others | wc -l)" -eq 5 ] || fail "not five other workers"
relay_healthy
relay_stop

for deed in garbage-signald garbage-keyd garbage-relayd \
    not-its-message ready-twice blame-keyd blame-stranger other-slot \
    system-call; do
	if [ $deed = system-call ] && $sanitizers; then
		continue
	fi
	echo "$deed" >"$libexec/deed"
	relay_restart
	before=$(others)
	until_true 10 restarted || fail "$deed: mediad was not restarted"
	log_says '^relayd: mediad 0 died: '
	case $deed in
	garbage-signald | garbage-keyd | not-its-message)
		log_says "blames mediad 0: .*; restarting mediad 0$"
		;;
	garbage-relayd | ready-twice)
		log_says '^relayd: mediad 0: bad message to relayd: '
		;;
	blame-keyd)
		log_says 'mediad 0 blames keyd: a\\x0alie; restarting mediad 0$'
		;;
	blame-stranger)
		log_says 'which is no neighbour of it'
		;;
	other-slot)
		log_says 'blames mediad 0: asks for the key of another slot; '
		;;
	system-call)
		log_says 'died: killed by seccomp'
		;;
	esac
	[ "$(others)" = "$before" ] || fail "$deed: another worker is new"
	no_log 'crash loop'
	ctl -j show workers >"$tmp/rows" || fail "$deed: controld is away"
	relay_stop
	echo "$deed: only mediad was restarted"
done

# A worker may blame one that ranks below it, and that one is restarted; but
# the log gets a line a death, not one for each complaint.
# After the start, when the death of a worker ends nothing.
deed=blame-flood
relay_restart
echo "$deed" >"$libexec/deed"
kill -9 "$(worker_pid mediad)"
doord_again()
{
	[ "$(grep -c 'doord serves' "$relay/log")" -ge 2 ]
}
until_true 10 doord_again || fail "$deed: doord was not restarted"
lines=$(grep -c "blames doord" "$relay/log")
[ "$lines" -ge 1 ] && [ "$lines" -le 20 ] || fail "$deed: $lines lines"
ctl -j show workers >"$tmp/rows" || fail "$deed: controld is away"
relay_stop
echo "$deed: $lines lines"
