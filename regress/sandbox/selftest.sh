#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: sandbox: from inside each real, serving worker files, programs,
# COVERS: processes, signals, memory of others, sockets, the shared port's
# COVERS: program: refused or killed (relayd -T), as root and as plain user
#
# Every verdict costs a worker.
# LIMIT: 400
. "$SRCDIR/regress/lib.sh"
. "$SRCDIR/regress/sandbox/sandbox.inc"

WORKERS="keyd registryd signald federd mediad doord controld lookupd"
PLAIN=61959

# try HOW WHAT: relayd -T of this case's relay; verdicts in $tmp/verdicts
try()
{
	how=$1
	shift
	$how "$RELAYD" -d -L "$BUILD" -f "$relay/relayd.conf" -T "$@" \
	    >"$tmp/verdicts" 2>"$relay/log" </dev/null
}

# Where open() or a missing door answers, an error will do; else it kills.
verdict_good()
{
	case $1 in
	*": killed by SIGSYS" | *": not tried: "?*)
		;;
	registryd:\ file:\ refused | registryd:\ create:\ refused | \
	registryd:\ proc-mem:\ refused)
		;;
	lookupd:\ file:\ refused | lookupd:\ create:\ refused | \
	lookupd:\ proc-mem:\ refused)
		;;
	?*:\ i386:\ refused)
		;;
	*)
		return 1
		;;
	esac
}

# all_tried: every case has one verdict for every worker, and a good one
all_tried()
{
	lines=0
	for w in $WORKERS; do
		while read -r c _; do
			v=$(grep "^$w: $c: " "$tmp/verdicts")
			verdict_good "$v" || {
				echo "bad: ${v:-$w: $c: nothing}"
				return 1
			}
			lines=$((lines + 1))
		done <"$tmp/cases"
	done
	[ "$(wc -l <"$tmp/verdicts")" -eq $((lines + 1)) ] || {
		echo "more verdicts than cases"
		return 1
	}
	# Not all of it can be beside the point.
	[ "$(grep -c 'not tried' "$tmp/verdicts")" -lt 16 ] || {
		echo "too much was not tried"
		return 1
	}
}

"$RELAYD" -T list >"$tmp/cases" || fail "no list"
[ "$(wc -l <"$tmp/cases")" -ge 40 ] || fail "a short list"
relay_conf "$FEDERATION" "$MEDIADS" "$AUTH"

if sanitized; then
	# No sandbox: that has to be found out.
	if try '' mediad:socket-udp; then
		fail "no sandbox, and all is well"
	fi
	grep -q '^mediad: socket-udp: ALLOWED$' "$tmp/verdicts" ||
	    fail "$(cat "$tmp/verdicts")"
	need_sandbox
fi

try '' all || {
	cat "$tmp/verdicts"
	fail "relayd -T all: status $?"
}
cat "$tmp/verdicts"
all_tried || fail "a verdict is missing or bad"

# One worker, one case.
try '' doord:bypass || fail "relayd -T doord:bypass: status $?"
[ "$(sed -n 1p "$tmp/verdicts")" = "doord: bypass: killed by SIGSYS" ] ||
    fail "$(cat "$tmp/verdicts")"
try '' mediad:nothing && fail "there is a case called nothing"
try '' nobody && fail "there is a worker called nobody"

# Those who check object to what is bad, and to what is missing.
for bad in 'mediad: exec: ALLOWED' 'mediad: exec: refused' \
    'mediad: exec: no verdict: exit status 0' 'mediad: exec: ' ''; do
	if verdict_good "$bad"; then
		fail "'$bad' is said to be good"
	fi
done
if all_tried >/dev/null; then
	fail "one verdict is said to be all"
fi

# Not as root, who has more to take away.
is_root || exit 0
command -v setpriv >/dev/null || skip "as root only: no setpriv"
plain="setpriv --reuid $PLAIN --regid $PLAIN --clear-groups"
$plain test -r "$RELAYD" || skip "as root only: others may not read $BUILD"
sed '/^user /d; /^chroot /d' "$relay/relayd.conf" >"$tmp/conf"
cat "$tmp/conf" >"$relay/relayd.conf"
chown -R "$PLAIN:$PLAIN" "$relay"
echo "--- as uid $PLAIN"
try "$plain" all || {
	cat "$tmp/verdicts"
	fail "relayd -T all: status $?"
}
all_tried || fail "a verdict is missing or bad"
