#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6 - the laboratory, and a direct call in it, without being root
LAB_USERNS=yes
export LAB_USERNS
. "$SRCDIR/regress/nat/nat.inc"

lab_up 20
lab_host a port
lab_host b cgnat
lab_relay
lab_call port cgnat "$(lab_addresses a port)" "$(lab_addresses b cgnat)" \
    direct
lab_expect direct
relay_stop
