#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6, dishonest relay - addresses swapped by a relay as of the
# COVERS: original: not the person called
# shellcheck disable=SC2034
SAID_S=4
. "$SRCDIR/regress/liar/liar.inc"

refused_path addresses-race

off_alice=direct-proof
off_bob=direct-proof
believed_path addresses-race
