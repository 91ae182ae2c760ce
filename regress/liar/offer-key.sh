#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6, dishonest relay - the caller's key swapped in the offer
. "$SRCDIR/regress/liar/liar.inc"

caught offer-key 1 bob "not signed by the caller"
uncaught offer-key 1 bob offer-signature
