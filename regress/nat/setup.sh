#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6, set-up time - 32 calls over 50 ms, direct and relayed
# LOAD: light
# LIMIT: 180
. "$SRCDIR/regress/nat/setup.inc"
setup_case "${CALLS:-32}" 4
