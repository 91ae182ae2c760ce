#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: relay: one socket of each address for every slot, or one in all with
# COVERS: relay: `steering none'; packets of a connection go past the door, or
# COVERS: relay: through it; every role answers either way, also after a
# COVERS: relay: restart of the workers
. "$SRCDIR/regress/lib.sh"

# sockets FILE: how many this port has in /proc/net/FILE
sockets()
{
	awk -v p="$(printf ':%04X' "$relay_port")" \
	    'NR > 1 && index($2, p) { n++ } END { print n + 0 }' \
	    "/proc/net/$1"
}
count()
{
	ctl -j show stats | tr '{' '\n' | grep '"worker": *"doord"' |
	    json_field by_cid
}
serving()
{
	! ctl -j show workers | tr '{' '\n' | grep '"state"' |
	    grep -qv '"state": *"serving"'
}
restarts()
{
	ctl -j show workers | tr '{' '\n' | grep '"name"' |
	    json_field restarts | awk '{ n += $1 } END { print n }'
}
all_back()
{
	[ "$(restarts)" -eq 5 ] && serving
}
# roles N: a call and a room and all the names; N tells the rounds apart
roles()
{
	cat >"$tmp/roles.wire" <<-!
		include $SRCDIR/regress/wire/inc/people.inc
		set N $1
		set SHAPE
		include $SRCDIR/regress/wire/inc/roles.inc
	!
	peer "$tmp/roles.wire" >"$tmp/out" 2>&1 || {
		cat "$tmp/out"
		fail "steering $how: round $1"
	}
}

for how in port none; do
	relay_start "steering $how" "media workers 4"
	case $how in
	port)	want=6 ;;	# doord, signald, four mediad
	none)	want=1 ;;
	esac
	[ "$(sockets udp)" -eq $want ] ||
	    fail "steering $how: $(sockets udp) sockets, not $want"
	if has_ipv6; then
		[ "$(sockets udp6)" -eq $want ] ||
		    fail "steering $how: $(sockets udp6) for IPv6"
	fi
	roles 1
	case $how in
	port)
		[ "$(count)" -le 5 ] || fail "$(count) went through the door"
		;;
	none)
		[ "$(count)" -gt 20 ] || fail "$(count) went through the door"
		;;
	esac
	# A slot stays its worker's: the successor has the same socket.
	# shellcheck disable=SC2046
	kill -9 $(worker_pid doord) $(worker_pid mediad)
	until_true 15 all_back || fail "steering $how: not all came back"
	[ "$(sockets udp)" -eq $want ] ||
	    fail "steering $how: $(sockets udp) sockets after a restart"
	roles 2
	relay_stop
	relay_healthy ' died: '
	echo "steering $how: $want sockets of an address"
	: >"$relay/log"
done
