#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6 - direct calls of somebody behind an address-restricted NAT to all nine kinds
# LOAD: light
# LIMIT: 400
. "$SRCDIR/regress/nat/matrix.inc"
matrix addr "$KINDS"
