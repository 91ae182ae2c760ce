#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: relay: as root, a missing user is refused with the useradd line
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
