#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6, dishonest relay - both led to an impostor who lets checks
# COVERS: through: not the person called, relayed
# shellcheck disable=SC2034
SAID_S=4
. "$SRCDIR/regress/liar/liar.inc"

refused_path addresses

off_alice=direct-proof
off_bob=direct-proof
believed_path addresses
