#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# The drill of one role: $ROLE is in an attacker's hands (hostile.c), all
# others are the real ones.  First the acts that may cost nobody else his
# life, one after another, while a call runs; then those few that by the rule
# of ranks cost the neighbour in question his; last a call with the honest
# worker back in its place.  Sourced by the cases ROLE.sh, which may set:
#	INSTANCE	of the role
#	MEDIA		no: without $ROLE there are no media
# All nine kinds of process run: there is federation, and people have tokens.
#
# shellcheck shell=sh disable=SC2034,SC2119
. "$SRCDIR/regress/lib.sh"
: "${ROLE:?}"
INSTANCE=${INSTANCE:-0}
# After doord, signald and federd.
SLOT=3
HOSTILE=$BUILD/regress/hostile/hostile

# Between two acts there is at most a pause of 400 ms, every fourth life is
# longer than two seconds, and floods take their time.
ACT_SECONDS=6

libexec=$tmp/libexec
mkdir -p "$libexec/honest"
chmod 755 "$libexec" "$libexec/honest"
for w in keyd registryd signald federd mediad doord controld lookupd; do
	[ -x "$BUILD/$w/$w" ] || continue
	ln -s "$BUILD/$w/$w" "$libexec/honest/$w"
	ln -s "$BUILD/$w/$w" "$libexec/$w"
done
ln -sf "$HOSTILE" "$libexec/$ROLE"
[ -x "$libexec/honest/$ROLE" ] || fail "there is no $ROLE"
sanitizers=false
grep -q '^#define WZP_SANITIZERS 1' "$BUILD/config.h" && sanitizers=true

# Rows of the workers: name, instance, pid.  controld may be the hostile one.
workers()
{
	ctl -j show workers 2>/dev/null | tr '{' '\n' | sed -n \
	    's/.*"name": *"\([a-z]*\)".*"instance": *\([0-9]*\).*"pid": *\([0-9]*\).*/\1 \2 \3/p'
}
others()
{
	grep -v "^$ROLE $INSTANCE " "$1"
}
hostile_pid()
{
	awk -v r="$ROLE" -v i="$INSTANCE" '$1 == r && $2 == i { print $3 }' \
	    "$1"
}
all_serve()
{
	workers >"$tmp/now" && [ -s "$tmp/now" ] &&
	    [ "$(wc -l <"$tmp/now")" -eq "$(wc -l <"$tmp/before")" ] &&
	    ! ctl -j show workers | tr '{' '\n' | grep '"state"' |
	    grep -q -v '"state": *"serving"'
}
# name, descriptors, memory in kB of each process but the hostile one
sizes()
{
	others "$1" | while read -r name instance pid; do
		echo "$name $instance $(find "/proc/$pid/fd" -mindepth 1 |
		    wc -l) $(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' \
		    "/proc/$pid/status")"
	done
}
# Fewer there may be: libcurl keeps a connection for a while.
no_more_descriptors()
{
	sizes "$tmp/after" >"$tmp/sizes.after"
	while read -r name instance fds _; do
		was=$(awk -v n="$name" -v i="$instance" \
		    '$1 == n && $2 == i { print $3 }' "$tmp/sizes.before")
		[ "$fds" -le "$was" ] || return 1
	done <"$tmp/sizes.after"
}
# words TEXT: on one line
words()
{
	echo "$1" | tr '\n' ' '
}
is_done()
{
	[ -f "$libexec/done" ]
}

# acts FROM TO: puts the hostile worker in place for these acts, waits until
# it is through with them and the honest one serves again
acts()
{
	rm -f "$libexec/done"
	echo "$1 0" >"$libexec/next"
	echo "$INSTANCE $2" >"$libexec/orders"
	workers >"$tmp/before"
	kill -9 "$(hostile_pid "$tmp/before")"
	until_true $((($2 - $1) * ACT_SECONDS + 15)) is_done ||
	    fail "$ROLE: not through with its acts, at $(cat "$libexec/next")"
	echo honest >"$libexec/orders"
	until_true 20 all_serve || fail "$ROLE: not all serve again"
	workers >"$tmp/after"
}

"$HOSTILE" -a "$ROLE" >"$tmp/acts" || fail "no list of acts"
total=$(wc -l <"$tmp/acts")
harmless=$(grep -c ' -$' "$tmp/acts")
[ "$harmless" -ge 50 ] || fail "only $harmless acts"
# For a short look: regress/hostile/ROLE.sh with WZP_ACTS=FROM-TO.
from=0
if [ -n "${WZP_ACTS:-}" ]; then
	from=${WZP_ACTS%-*}
	harmless=${WZP_ACTS#*-}
fi

# An auth server knows the people of the scripts (a, b, c and d).
set -- "media workers 2" "federation yes"
auth=
if [ -x "$BUILD/lookupd/lookupd" ]; then
	. "$SRCDIR/regress/auth/lib.sh"
	auth='s,^#auth ,,'
	auth_person tok-a 6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa
	auth_person tok-b 66d1:c03b:f3bc:01bd:4cf8:23d7:df4e:19f2
	auth_person tok-c 63e8:43e2:2ece:9943:8551:9129:8c65:2f08
	auth_person tok-d 734f:7e58:326b:99fd:728b:d7b6:43dd:fa41
	auth_start
	set -- "$@" "auth url \"http://127.0.0.1:$auth_port/v1/check\""
fi
RELAY_LIBEXEC=$libexec
relay_start "$@"

# prepared NAME: a wire script for this relay
prepared()
{
	sed -e "s,@SLOT@,$SLOT," -e "s,\.\./wire/,$SRCDIR/regress/wire/," \
	    -e "$auth" "$SRCDIR/regress/hostile/$1" >"$tmp/$1"
}

# A call that has nothing to do with it.
prepared during.wire
prepared after.wire
if [ "${MEDIA:-yes}" = yes ]; then
	peer "$tmp/during.wire" >"$tmp/during.log" 2>&1 &
	during=$!
	until_true 10 test -f "$tmp/talking" || {
		cat "$tmp/during.log"
		fail "no call to begin with"
	}
fi

# One life for nothing: what a first restart leaves behind is no leak.
acts 0 0
workers >"$tmp/warm"
sizes "$tmp/warm" >"$tmp/sizes.before"

began=$(date +%s)
acts "$from" "$harmless"
echo "$ROLE: $((harmless - from)) acts in $(($(date +%s) - began)) s"
died=$(sed -n 's/^relayd: \(.*\) died: .*/\1/p' "$relay/log" | sort -u |
    grep -v "^$ROLE\( $INSTANCE\)*\$")
if [ -n "$died" ]; then
	grep -e ' died: ' -e ' blames ' -e 'none: act' "$relay/log" |
	    grep -B 4 -e "$(echo "$died" | head -n 1) died"
	fail "$ROLE was hostile, and $(words "$died") died as well"
fi
# It was killed wherever it had to be, and did not only die by itself.
if grep -A 1 -e 'died: exit status 4' "$relay/log"; then
	fail "$ROLE was hostile, and not restarted for it"
fi
[ "$(others "$tmp/warm")" = "$(others "$tmp/after")" ] ||
    fail "$ROLE was hostile, and others are new processes"
until_true 10 no_more_descriptors || {
	diff "$tmp/sizes.before" "$tmp/sizes.after"
	fail "$ROLE was hostile, and others have more descriptors"
}
# Buffers are kept, so a little more is normal: two channels' worth.
$sanitizers || while read -r name instance fds kb; do
	was=$(awk -v n="$name" -v i="$instance" \
	    '$1 == n && $2 == i { print $4 }' "$tmp/sizes.before")
	echo "$name $instance: $was kB, then $kb kB"
	[ "$kb" -le $((was + 12288)) ] ||
	    fail "$ROLE was hostile, and $name grew from $was to $kb kB"
done <"$tmp/sizes.after"

if [ "${MEDIA:-yes}" = yes ]; then
	: >"$tmp/stop"
	wait "$during" || {
		tail -n 4 "$tmp/during.log"
		fail "$ROLE was hostile, and a call that does not need it" \
		    "suffered: $(tail -n 1 "$tmp/during.log")"
	}
	grep '^ *[0-9.]* pulse' "$tmp/during.log"
fi

# Everybody who is there got every type there is.
is_there()
{
	[ "$1" = relayd ] || grep -q "^$1 " "$tmp/warm"
}
covered()
{
	"$HOSTILE" -n "$ROLE" | while read -r n; do
		is_there "$n" || continue
		"$HOSTILE" -l | while read -r t; do
			grep -q "^$n\((data)\)\{0,1\} $t " "$1" || echo "$n $t"
		done
	done
}
if [ -z "${WZP_ACTS:-}" ]; then
	missing=$(covered "$libexec/coverage")
	[ -z "$missing" ] || fail "$ROLE never sent: $(words "$missing")"
	# The check notices a type that was left out.
	one=$("$HOSTILE" -l | tail -n 1)
	grep -v " $one " "$libexec/coverage" >"$tmp/less"
	[ -n "$(covered "$tmp/less")" ] ||
	    fail "a type left out is not noticed"
fi

# Garbage for one neighbour of lower rank and for nobody else: it is his word
# against ours, and he is restarted; nobody else.
if [ -z "${WZP_ACTS:-}" ]; then
	grep -v ' -$' "$tmp/acts" >"$tmp/costly"
	while read -r n name victim; do
		is_there "$victim" || continue
		lines=$(wc -l <"$relay/log")
		acts "$n" $((n + 1))
		died=$(tail -n "+$((lines + 1))" "$relay/log" |
		    sed -n 's/^relayd: \(.*\) died: .*/\1/p' | sort -u |
		    grep -v "^$ROLE\( $INSTANCE\)*\$" | sed 's, 0$,,')
		[ "$died" = "$victim" ] ||
		    fail "$name: died: $(words "$died"), want $victim"
		echo "$name: $victim was restarted, by rank"
	done <"$tmp/costly"
fi

# It may have been gone by now: it serves for two minutes.
if [ -n "$auth" ]; then
	auth_stop
	auth_start
fi
peer "$tmp/after.wire" >"$tmp/after.log" 2>&1 || {
	tail -n 5 "$tmp/after.log"
	ctl show stats
	fail "with $ROLE honest again there is no call:" \
	    "$(tail -n 1 "$tmp/after.log")"
}
relay_stop
if grep -e 'AddressSanitizer' -e 'runtime error:' -e 'LeakSanitizer' \
    "$relay/log"; then
	fail "a sanitizer report"
fi
