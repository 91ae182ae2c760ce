#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6, dishonest relay - the keys of an earlier answer in this one
. "$SRCDIR/regress/liar/liar.inc"

caught answer-replayed 2 alice "not signed by the person called"
uncaught answer-replayed 2 alice answer-transcript both
