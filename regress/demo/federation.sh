#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: demo - three relays in a row, two people behind NATs, directly and
# COVERS: by the relays
exec sh "$SRCDIR/regress/demo/demo-federation"
