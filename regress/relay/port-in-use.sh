#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: relay: an address that is taken is refused, not shared: by a second
# COVERS: relay: relayd of the same or another user, on it or on one that
# COVERS: relay: covers it, and by another program; the first keeps serving
. "$SRCDIR/regress/lib.sh"

HOLD=$BUILD/regress/relay/hold
cat >"$tmp/ping.wire" <<-!
	connect p sni=ping
	expect-up p
	expect-close p app code=0 reason=""
!

# second LISTEN...: files of its own for another relayd
second()
{
	rm -rf "$tmp/second"
	mkdir -p "$tmp/second/run" "$tmp/second/empty"
	mkdir -m 700 "$tmp/second/db"
	for l; do
		echo "listen on $l"
	done >"$tmp/second.conf"
	sed -e '/^listen /d' -e "s,$relay/,$tmp/second/,g" \
	    "$relay/relayd.conf" >>"$tmp/second.conf"
	if is_root; then
		chown "$(uid_of registryd)" "$tmp/second/db"
	fi
}

# refused WHAT TEXT [COMMAND...]: it does not start, says TEXT, and the first
# relay answers as before
refused()
{
	what=$1
	text=$2
	shift 2
	conf=${conf:-$tmp/second.conf}
	timeout 10 "$@" "$RELAYD" -d -L "$BUILD" -f "$conf" >"$tmp/out" 2>&1
	status=$?
	if [ "$status" -eq 0 ] || [ "$status" -eq 124 ] ||
	    ! grep -q -e "$text" "$tmp/out" ||
	    ! grep -qi 'in use' "$tmp/out"; then
		cat "$tmp/out"
		fail "$what: status $status, or not the words: $text"
	fi
	[ -n "$relay_pid" ] || return
	kill -0 "$relay_pid" || fail "$what: the first relay is gone"
	peer "$tmp/ping.wire" || fail "$what: the first relay is deaf"
	ctl show workers >"$tmp/rows" || fail "$what: no control socket"
	echo "$what: refused"
}

relay_start
here=127.0.0.1:$relay_port
taken="another relayd serves $here"

second "127.0.0.1 port $relay_port"
refused "another control socket" "$taken"
conf=$relay/relayd.conf
refused "the same file" "$taken"
conf=
second "0.0.0.0 port $relay_port"
refused "the wildcard" "$taken"
sed -i '$a steering none' "$tmp/second.conf"
refused "the wildcard without steering" "$taken"
if is_root; then
	# It may read its file, and all the rest of it is its own.
	second "127.0.0.1 port $relay_port"
	cp "$RELAYD" "$tmp/relayd"
	chmod 755 "$tmp/relayd"
	chown -R 61990:61990 "$tmp/second"
	RELAYD=$tmp/relayd refused "another user" "$taken" \
	    setpriv --reuid 61990 --regid 61990 --clear-groups
fi

# The control: beside it, it serves.
other=$("$PEER" -f 20000-29999) || fail "no free port"
second "127.0.0.1 port $other"
"$RELAYD" -d -L "$BUILD" -f "$tmp/second.conf" >"$tmp/out" 2>&1 &
pid=$!
until_true 10 grep -q 'relayd: ready' "$tmp/out" || {
	kill "$pid"
	cat "$tmp/out"
	fail "no second relay on a port of its own"
}
kill "$pid"
wait "$pid"
relay_stop

# The wildcard is there first.
sed -i -e '/^listen /d' "$relay/relayd.conf"
echo "listen on 0.0.0.0 port $relay_port" >>"$relay/relayd.conf"
relay_restart
relay_addr6=$relay_addr
second "127.0.0.1 port $relay_port"
refused "what the wildcard covers" \
    "another relayd serves 0.0.0.0:$relay_port"
relay_stop

# Another program, which would even share.  Not a word of a relayd then.
for how in "" -s; do
	# shellcheck disable=SC2086
	"$HOLD" $how "$relay_port" <"/dev/zero" >"$tmp/held" &
	holder=$!
	until_true 5 test -s "$tmp/held" || fail "hold $how: no port"
	refused "another program $how" "another program has that port"
	! grep -q 'another relayd' "$tmp/out" ||
	    fail "another program is taken for a relayd"
	kill "$holder"
	wait "$holder" 2>/dev/null
	: >"$tmp/held"
done
relay_restart
relay_stop
