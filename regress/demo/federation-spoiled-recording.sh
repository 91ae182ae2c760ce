#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: demo - control: three relays, another recording in place of what was heard
. "$SRCDIR/regress/demo/spoiled.inc"
DEMO=demo-federation
spoiled recording 'heard is not what was said'
