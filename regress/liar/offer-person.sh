#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6, dishonest relay - the caller swapped for a person of the
# COVERS: relay's
. "$SRCDIR/regress/liar/liar.inc"

caught offer-person 1 alice "not signed by the person called"
uncaught offer-person 1 alice answer-signature
