#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6, dishonest relay - the keys of an earlier offer in this one
. "$SRCDIR/regress/liar/liar.inc"

caught offer-replayed 2 bob "not signed by the caller"
uncaught offer-replayed 2 bob offer-signature
