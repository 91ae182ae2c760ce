#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6 - two behind one NAT that cannot reach each other in the LAN: direct if the NAT has hairpin, else relayed
. "$SRCDIR/regress/nat/nat.inc"

lab_up 20
lab_relay
# call KIND WANTED
call()
{
	lab_side a
	lab_ns a-nat
	lab_ns a
	lab_ns b
	lab_link nat a-nat "$lab_pub4"
	lab_attach ga la a-nat lana 192.168.1.1/24
	lab_attach a la a eth0 192.168.1.2/24 192.168.1.1
	lab_attach gb lb a-nat lanb 192.168.2.1/24
	lab_attach b lb b eth0 192.168.2.2/24 192.168.2.1
	lab_forwards a-nat
	lab_nat a-nat "$1" lana lanb
	lab_call port port "$lab_pub4 192.168.1.2" \
	    "$lab_pub4 192.168.2.2" "$2"
	echo "$1"
	lab_expect "$2"
	for p in nat ga a gb b; do
		lab_gone_side $p
	done
	lab_wire reset
}
call port relayed
call hairpin direct
relay_stop
