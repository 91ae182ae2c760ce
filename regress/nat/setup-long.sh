#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6, set-up time - 1000 calls over 50 ms, direct and relayed
# LOAD: light
# long: yes
# LIMIT: 3600
. "$SRCDIR/regress/nat/setup.inc"
setup_case "${CALLS:-1000}" 5
