#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6, dishonest relay - payloads of media altered: dropped and
# COVERS: counted
. "$SRCDIR/regress/liar/liar.inc"

refused_media media-payload altered media-authentic
