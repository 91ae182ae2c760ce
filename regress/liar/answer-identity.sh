#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6, dishonest relay - key and identity key of the callee
# COVERS: swapped
. "$SRCDIR/regress/liar/liar.inc"

caught answer-identity 1 alice "not that of the person called"
uncaught answer-identity 1 alice answer-fingerprint
