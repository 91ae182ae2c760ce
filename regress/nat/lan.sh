#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6 - two in one LAN behind a NAT without hairpin (phase 5.5): direct, and in the LAN
. "$SRCDIR/regress/nat/nat.inc"

lab_up 20
lab_side a
lab_ns a-nat
lab_ns a
lab_ns b
lab_link nat a-nat "$lab_pub4"
lab_attach gw lan a-nat lan 192.168.1.1/24
lab_attach a lan a eth0 192.168.1.2/24 192.168.1.1
lab_attach b lan b eth0 192.168.1.3/24 192.168.1.1
lab_forwards a-nat
lab_nat a-nat port
lab_relay
lab_call port port "$lab_pub4 192.168.1.2" "$lab_pub4 192.168.1.3" direct
lab_expect direct
awk '$1 == "a" && $5 == "192.168.1.3" { n += $11 } END { exit !(n > 30) }' \
    "$tmp/window" || fail "not in the LAN"
awk '$1 == "nat" && $11 > 20 { exit 1 }' "$tmp/window" ||
    fail "media leaves the LAN"
relay_stop
