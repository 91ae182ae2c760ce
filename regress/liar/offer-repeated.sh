#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6, dishonest relay - an earlier offer once more, in place of
# COVERS: this one
. "$SRCDIR/regress/liar/liar.inc"

caught offer-repeated 2 alice "not signed by the person called"
uncaught offer-repeated 2 alice answer-transcript both
