#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6 - control: the judge of paths and of packets astray objects
. "$SRCDIR/regress/nat/nat.inc"

head="in proto src sport dst dport packets bytes check long big small other"
head="$head sent lost cut unrouted full first_ms last_ms big_first_ms big_last_ms"
# row PORT SRC SPORT DST DPORT BIG
row()
{
	echo "$1 17 $2 $3 $4 $5 $6 $(($6 * 120)) 0 0 $6 0 0 $6 0 0 0 0 1 2 1 2"
}

# verdict WANTED: of $tmp/said as what the wire saw in 1.5 s
verdict()
{
	got=$(lab_path 1500)
	[ "$got" = "$1" ] || fail "$got instead of $1"
	echo "$1: $(cat "$tmp/media")"
}

lab_wire()
{
	[ "$1" = reset ] || cat "$tmp/said"
}
sleep()
{
	:
}
a=198.51.100.2
b=203.0.113.2
r=192.0.2.10
{
	echo "$head"
	row a $a 1000 $b 2000 70
	row b $b 2000 $a 1000 70
	row a $a 1000 $r 4433 2
} >"$tmp/said"
verdict direct
{
	echo "$head"
	row a $a 1000 $r 4433 70
	row b $b 2000 $r 4433 70
} >"$tmp/said"
verdict relayed
# One of them over both ways; each another way; one direction only; nothing.
{
	row a $a 1000 $b 2000 70
	row b $b 2000 $a 1000 70
	row b $b 2000 $r 4433 60
} >"$tmp/said"
verdict mixed
{
	row a $a 1000 $b 2000 70
	row b $b 2000 $r 4433 60
} >"$tmp/said"
verdict mixed
row a $a 1000 $r 4433 70 >"$tmp/said"
verdict mixed
echo "$head" >"$tmp/said"
verdict silent

# astray WANTED: of $tmp/said
astray()
{
	got=$(lab_strays "$tmp/said" "$a 192.168.1.2" "$b 192.168.2.2" \
	    2>/dev/null)
	[ "$got" = "$1" ] || fail "$got packets astray instead of $1"
}
{
	row a $a 1000 $b 2000 9
	row b $b 2000 $a 1000 9
	row a $a 1000 192.168.2.2 2000 9
	row b $b 2000 $r 4433 9
} >"$tmp/said"
astray 0
row a $a 1000 192.168.2.3 2000 9 >"$tmp/said"
astray 9
row a $a 1000 192.168.1.2 2000 9 >"$tmp/said"
astray 9
row a $a 1000 2001:db8:2:1::2 2000 9 >"$tmp/said"
astray 9
{
	row a $a 1000 $b 2001 4
	row b $b 2000 $a 1000 9
} >"$tmp/said"
astray 4
row a $a 1000 192.0.2.12 4433 5 >"$tmp/said"
astray 5
