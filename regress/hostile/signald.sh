#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: relay: signald in an attacker's hands: every message type to every
# COVERS: neighbour with hostile contents; only signald is restarted
# LOAD: light
# LIMIT: 900
ROLE=signald
. "$SRCDIR/regress/hostile/drill.sh"
