#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6 - the NATs of the laboratory are what they are called
. "$SRCDIR/regress/nat/nat.inc"

# Mapping, filtering, hairpin as RFC 4787 calls them.
want()
{
	ei=endpoint-independent
	ad=address-dependent
	apd=address-and-port-dependent
	case $1 in
	open)		echo "mapping=$ei filtering=$ei hairpin=yes" ;;
	fullcone)	echo "mapping=$ei filtering=$ei hairpin=no" ;;
	addr)		echo "mapping=$ei filtering=$ad hairpin=no" ;;
	port | cgnat | dual)
			echo "mapping=$ei filtering=$apd hairpin=no" ;;
	sym)		echo "mapping=$apd filtering=$apd hairpin=no" ;;
	v6only)		echo "mapping=$ei filtering=$apd hairpin=yes" ;;
	udponly)	echo "mapping=unknown filtering=$apd hairpin=no" ;;
	hairpin)	echo "mapping=$ei filtering=$apd hairpin=yes" ;;
	esac
}

lab_up 1
lab_relay_ns
for a in "192.0.2.10 192.0.2.11" "2001:db8::10 2001:db8::11"; do
	# shellcheck disable=SC2086
	in_ns relay "$NATPROBE" -s "$relay_port" $a >"$tmp/server" 2>&1 &
	lab_pids="$lab_pids $!"
	wait_for "$tmp/server" ready 10
done

bad=0
# probe SIDE KIND [FAMILY]
probe()
{
	case $2 in
	v6only)
		set -- "$1" "$2" 2001:db8::10 2001:db8::11
		;;
	*)
		set -- "$1" "$2" 192.0.2.10 192.0.2.11
		;;
	esac
	got=$(in_ns "$1" "$NATPROBE" -w 150 "$relay_port" "$3" "$4")
	echo "$2: $got"
	[ "${got% mapped=*}" = "$(want "$2")" ]
}

for kind in $KINDS; do
	lab_host a "$kind"
	probe a "$kind" || {
		echo "  and not $(want "$kind")"
		bad=$((bad + 1))
	}
	lab_gone_side a
done
# The NAT of a scene.
lab_ns a
lab_ns a-nat
lab_side a
lab_link a a-nat "$lab_pub4"
lab_lan a eth0 a-nat lan "192.168.1.2/24" "192.168.1.1/24"
lab_forwards a-nat
lab_nat a-nat hairpin
probe a hairpin || bad=$((bad + 1))
lab_gone_side a

# Controls: what is wrong on purpose is seen.
lab_host a sym
probe a port && fail "a symmetric NAT passes for another"
lab_gone_side a
lab_host a fullcone
in_ns a-nat nft flush chain inet nat pre
probe a fullcone && fail "a NAT that does not let in passes for a full cone"
lab_gone_side a
lab_host a port
lab_cut port a
probe a port && fail "no network passes for one"
lab_restore

[ "$bad" -eq 0 ] || fail "$bad kinds of NAT are not what they are called"
