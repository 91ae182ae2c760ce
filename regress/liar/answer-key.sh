#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6, dishonest relay - the callee's key swapped in the answer
. "$SRCDIR/regress/liar/liar.inc"

caught answer-key 1 alice "not signed by the person called"
uncaught answer-key 1 alice answer-signature
