#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6 - direct calls of somebody with IPv6 only (IPv4 only at the other: over a dual-stack relay) to all nine kinds
# LOAD: light
# LIMIT: 400
. "$SRCDIR/regress/nat/matrix.inc"
matrix v6only "$KINDS"
