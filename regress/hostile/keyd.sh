#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: relay: keyd in an attacker's hands: every message type to every
# COVERS: neighbour with hostile contents; only keyd is restarted
# LOAD: light
# LIMIT: 900
ROLE=keyd
. "$SRCDIR/regress/hostile/drill.sh"
