#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: relay: registryd in an attacker's hands: every message type to every
# COVERS: neighbour with hostile contents; only registryd is restarted
# LOAD: light
# LIMIT: 900
ROLE=registryd
. "$SRCDIR/regress/hostile/drill.sh"
