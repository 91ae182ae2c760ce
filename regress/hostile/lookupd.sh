#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: relay: lookupd in an attacker's hands: every message type to every
# COVERS: neighbour with hostile contents; only lookupd is restarted
# LOAD: light
# LIMIT: 900
ROLE=lookupd
. "$SRCDIR/regress/hostile/drill.sh"
