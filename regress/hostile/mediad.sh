#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: relay: mediad in an attacker's hands: every message type to every
# COVERS: neighbour with hostile contents; only mediad is restarted
# LOAD: light
# LIMIT: 900
ROLE=mediad
INSTANCE=1
. "$SRCDIR/regress/hostile/drill.sh"
