#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: relay: federd in an attacker's hands: every message type to every
# COVERS: neighbour with hostile contents; only federd is restarted
# LOAD: light
# LIMIT: 900
ROLE=federd
. "$SRCDIR/regress/hostile/drill.sh"
