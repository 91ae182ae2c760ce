#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6, dishonest relay - media of its own among theirs: dropped
# COVERS: and counted
. "$SRCDIR/regress/liar/liar.inc"

refused_media media-plain injected media-sealed
