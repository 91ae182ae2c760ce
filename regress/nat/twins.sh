#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6 - both have the same private address: not their own, but the other's socket is found
. "$SRCDIR/regress/nat/nat.inc"

lab_up 20
for side in a b; do
	lab_side $side
	lab_ns $side-nat
	lab_ns $side
	lab_link $side $side-nat "$lab_pub4"
	lab_lan $side eth0 $side-nat lan 192.168.1.2/24 192.168.1.1/24
	lab_forwards $side-nat
	lab_nat $side-nat port
done
lab_relay
lab_call port port "198.51.100.2 192.168.1.2" "203.0.113.2 192.168.1.2" direct
lab_expect direct
relay_stop
