#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: a full disk with `registry best-effort': calls begin without a
# COVERS: record, marked, and when there is space again they are recorded
mode=best-effort
. "$SRCDIR/regress/siege/disk.inc"
