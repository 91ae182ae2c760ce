#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 3 - as many call set-ups as registryd takes, it is killed: nothing acknowledged is lost
# LOAD: alone
# LIMIT: 300
. "$SRCDIR/regress/storm/registry-load.inc"
load_case
