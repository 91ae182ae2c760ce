#!/bin/sh
#
# Copyright (c) 2026 the WZP authors
#
# Permission to use, copy, modify, and distribute this software for any
# purpose with or without fee is hereby granted, provided that the above
# copyright notice and this permission notice appear in all copies.
#
# THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES
# WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
# MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR
# ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
# WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
# ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF
# OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
#
# COVERS: documents - systemd unit, sysusers, rc.d script: taken by their readers, and they fit the relay

. "$SRCDIR/regress/lib.sh"
unset MAKEFLAGS MAKELEVEL MFLAGS REGRESS_ONLY

make -s etc/relayd.service etc/relayd.rc || fail "they cannot be made"
grep -l '@' etc/relayd.service etc/relayd.rc && fail "a place was not filled in"

# A user for each worker, the one that relayd.conf(5) has without a statement.
RELAY_CONF=$tmp/conf
printf 'listen on 127.0.0.1 port 4433\nlegacy clients allow\n' >"$RELAY_CONF"
"$RELAYD" -nv -f "$RELAY_CONF" 2>/dev/null |
    sed -n 's/^user [a-z]* "*\([a-z_]*\)"*$/\1/p' | sort >"$tmp/wanted"
awk '$1 == "u" { print $2 }' "$SRCDIR/etc/wzp.sysusers" | sort >"$tmp/users"
[ -s "$tmp/wanted" ] || fail "relayd -nv names no users"
cmp -s "$tmp/wanted" "$tmp/users" || {
	diff "$tmp/wanted" "$tmp/users"
	fail "wzp.sysusers makes other users than relayd wants"
}

# rc.d(8): with a configuration that is wrong nothing is started.
cat >"$tmp/rc.subr" <<'!'
rc_cmd()
{
	rc_pre && echo started
}
!
sed -e "s,/etc/rc.d/rc.subr,$tmp/rc.subr," -e "s,^daemon=.*,daemon=$RELAYD," \
    etc/relayd.rc >"$tmp/rc"
rc()
{
	daemon_flags="-f $1" sh "$tmp/rc" start 2>&1
}
rc "$RELAY_CONF" | grep -q '^started' || fail "rc.d does not start it"
echo nonsense >"$tmp/bad"
rc "$tmp/bad" | grep -q '^started' && fail "rc.d starts with a bad file"

for t in systemd-analyze systemd-sysusers; do
	command -v $t >/dev/null 2>&1 || skip "no $t"
done
systemd-sysusers --dry-run "$SRCDIR/etc/wzp.sysusers" >"$tmp/out" 2>&1 || {
	cat "$tmp/out"
	fail "systemd-sysusers does not take it"
}
# verify: relayd is in the build tree, the pages are not installed.
mkdir "$tmp/unit"
verify()
{
	sed -e "s,=[^ ]*/relayd ,=$RELAYD ," -e '/^Documentation=/d' -e "$1" \
	    etc/relayd.service >"$tmp/unit/relayd.service"
	systemd-analyze verify "$tmp/unit/relayd.service" >"$tmp/out" 2>&1 &&
	    [ ! -s "$tmp/out" ]
}
verify '' || {
	cat "$tmp/out"
	fail "systemd-analyze does not take the unit"
}
verify 's/^ProtectClock=yes/ProtectCluck=yes/' &&
    fail "control: an unknown setting went unnoticed"
verify "s,$RELAYD,/nonexistent," &&
    fail "control: a missing program went unnoticed"
for p in $(sed -n 's/^Documentation=//p' etc/relayd.service); do
	p=$(echo "$p" | sed 's/man:\(.*\)(\(.\))/\1.\2/')
	[ -f "$SRCDIR/man/$p" ] || fail "there is no page $p"
done
verify ''
systemd-analyze security --offline=true --threshold=60 \
    "$tmp/unit/relayd.service" >"$tmp/out" 2>&1 || {
	tail -n 3 "$tmp/out"
	fail "the unit leaves open more than it did"
}
tail -n 1 "$tmp/out"
