#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: relay: doord in an attacker's hands: every message type to every
# COVERS: neighbour with hostile contents; only doord is restarted
# LOAD: light
# LIMIT: 900
ROLE=doord
. "$SRCDIR/regress/hostile/drill.sh"
