#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: who may not: the read-only socket, users without rights
. "$SRCDIR/regress/siege/harm.inc"

relay_start "federation yes"
ro=$relay/run/relayd.ro.sock
siege_watch
reloaded()
{
	grep -c -e ': reload: ' -e 'reloaded' "$relay/log"
}
before=$(counter controld unfit)
reloads=$(reloaded)
for w in reload "peer north up" "peer north down"; do
	echo "$w" | "$RUDE" "$ro" >"$tmp/answer" 2>"$tmp/err" ||
	    fail "$(cat "$tmp/err")"
	grep -q 'read-only' "$tmp/answer" || fail "$w: $(cat "$tmp/answer")"
done
[ "$(reloaded)" -eq "$reloads" ] || fail "something was reloaded"
[ "$(counter controld unfit)" -eq $((before + 3)) ] ||
    fail "unfit: $(counter controld unfit), was $before"
siege_log "controld: control: uid $(id -u) pid [0-9]*, read-only: reload\$"
# Another user: the file's mode keeps him out of the one, not of the other.
[ "$(stat -c %a "$relay_sock")" = 660 ] || fail "mode of the admin socket"
if is_root; then
	"$RUDE" -u 65533 "$relay_sock" </dev/null >"$tmp/answer" 2>"$tmp/err"
	status=$?
	if [ "$status" -ne 1 ] || ! grep -q 'ermission denied' "$tmp/err"; then
		fail "user 65533 gets to the admin socket: $(cat "$tmp/err")"
	fi
	echo "show workers" | "$RUDE" -u 65533 "$ro" >"$tmp/answer" ||
	    fail "user 65533 does not get to the read-only socket"
	grep -q signald "$tmp/answer" || fail "$(cat "$tmp/answer")"
	# Nor may he put another socket in its place.
	for d in "$relay/run" "$relay/db" "$relay"; do
		[ -z "$(find "$d" -maxdepth 0 -perm /022)" ] ||
		    fail "others may write to ${d##*/}"
	done
fi
ctl reload >"$tmp/out" || fail "the admin may not reload"
[ "$(reloaded)" -gt "$reloads" ] || fail "a reload is not in the log"
siege_calm
relay_stop
