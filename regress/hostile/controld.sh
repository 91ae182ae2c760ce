#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: relay: controld in an attacker's hands: every message type to every
# COVERS: neighbour with hostile contents; only controld is restarted
# LOAD: light
# LIMIT: 900
ROLE=controld
. "$SRCDIR/regress/hostile/drill.sh"
