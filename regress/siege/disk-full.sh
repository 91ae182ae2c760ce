#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: a full disk: offers are refused, the call beside it goes on,
# COVERS: and when there is space again all is as before
mode=strict
. "$SRCDIR/regress/siege/disk.inc"
