#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: sandbox: /proc of the live, serving workers: Seccomp 2,
# COVERS: NoNewPrivs 1, no capabilities, the configured uid, the empty root
. "$SRCDIR/regress/lib.sh"
. "$SRCDIR/regress/sandbox/sandbox.inc"

need_sandbox

# status PID FIELD: a field of /proc/PID/status
status()
{
	sed -n "s,^$2:[ 	]*,,p" "/proc/$1/status"
}

# want WORKER FIELD GOT WANT
want()
{
	printf '%-10s %-14s %s\n' "$1" "$2" "$3"
	[ "$3" = "$4" ] || {
		echo "$1: $2 is '$3', not '$4'"
		return 1
	}
}

# confined WORKER PID: is it locked up as it should be?
confined()
{
	want "$1" Seccomp "$(status "$2" Seccomp)" 2 &&
	    want "$1" NoNewPrivs "$(status "$2" NoNewPrivs)" 1 || return 1
	if ! is_root; then
		want "$1" CapEff "$(status "$2" CapEff)" 0000000000000000
		return
	fi
	for c in CapEff CapPrm CapInh CapAmb; do
		want "$1" $c "$(status "$2" $c)" 0000000000000000 || return 1
	done
	u=$(uid_of "$1")
	want "$1" Uid "$(status "$2" Uid | tr '\t' ' ')" "$u $u $u $u" &&
	    want "$1" Gid "$(status "$2" Gid | tr '\t' ' ')" "$u $u $u $u" &&
	    want "$1" Groups "$(status "$2" Groups | tr -d ' ')" "$u" ||
	    return 1
	root=$(readlink "/proc/$2/root")
	if [ "$1" = registryd ]; then
		# Its root has the database in it.
		want "$1" root "$root" "$relay/db"
	else
		want "$1" root "$root" "$relay/empty" &&
		    want "$1" "files in it" \
		    "$(find "/proc/$2/root/." ! -name . | wc -l)" 0
	fi
}

# all_confined WORKER...: those, and no other, run and are locked up
all_confined()
{
	processes >"$tmp/processes"
	[ "$(awk '{ print $1 $2 }' "$tmp/processes" | sort | tr '\n' ' ')" = \
	    "$* " ] || {
		cat "$tmp/processes"
		fail "not the workers that were to be started"
	}
	while read -r name instance _ pid; do
		confined "$name" "$pid" >"$tmp/out" || {
			cat "$tmp/out"
			fail "$name $instance: $(tail -n 1 "$tmp/out")"
		}
		cat "$tmp/out"
	done <"$tmp/processes"
}

relay_start "$FEDERATION" "$MEDIADS"
# Read while they serve, and again after they have served a call.
cat >"$tmp/call.wire" <<-!
include $SRCDIR/regress/wire/inc/active.inc
!
for turn in before after; do
	echo "--- $turn a call"
	all_confined controld0 doord0 federd0 keyd0 mediad0 mediad1 \
	    registryd0 signald0
	peer "$tmp/call.wire" || fail "no call"
done
# The check objects to a process that is not confined.
if confined mediad $$; then
	fail "this shell is said to be confined"
fi
ctl show workers
rows=$(ctl -j show workers | tr '{' '\n' | grep -c '"sandbox"')
[ "$rows" -ge 8 ] || fail "show workers tells the sandbox of $rows workers"
relay_stop

echo "--- lookupd"
relay_start "$MEDIADS" "$AUTH"
all_confined controld0 doord0 keyd0 lookupd0 mediad0 mediad1 registryd0 \
    signald0
relay_stop
