#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: relay: as root, a missing user is refused with the useradd line, at
# COVERS: relay: the start and by a reload; only users of workers that run
. "$SRCDIR/regress/lib.sh"

is_root || skip "needs root"
relay_conf
sed -i 's,^user signald .*,user signald "_wzp_nobody",' "$relay/relayd.conf"
! id _wzp_nobody >/dev/null 2>&1 || skip "there is a user _wzp_nobody"
timeout 10 "$RELAYD" -d -L "$BUILD" -f "$relay/relayd.conf" \
    >"$tmp/out" 2>&1
status=$?
[ "$status" -ne 0 ] && [ "$status" -ne 124 ] ||
    fail "started without the user (status $status)"
grep -q 'useradd .*_wzp_nobody' "$tmp/out" || {
	cat "$tmp/out"
	fail "no useradd line"
}
! id _wzp_nobody >/dev/null 2>&1 || fail "it made the user"

# Of a worker that is not started, the user need not exist.
relay_conf
sed -i -e 's,^user federd .*,user federd "_wzp_nobody",' \
    -e 's,^user lookupd .*,user lookupd "_wzp_nobody",' "$relay/relayd.conf"
relay_restart
before=$(worker_pid signald)

# Nor may it then be missing when a reload wants that worker.
echo "federation yes" >>"$relay/relayd.conf"
kill -HUP "$relay_pid"
wait_for "$relay/log" 'reload: a user is missing .*nothing was changed' 5
wait_for "$relay/log" 'useradd .*_wzp_nobody' 1
[ -z "$(worker_pid federd)" ] || fail "federd without its user"
[ "$(worker_pid signald)" = "$before" ] || fail "another signald"
relay_stop
