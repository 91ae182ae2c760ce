#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: demo - control: three relays, the one in the middle lets nobody through
. "$SRCDIR/regress/demo/spoiled.inc"
DEMO=demo-federation
spoiled transit 'is not reached'
