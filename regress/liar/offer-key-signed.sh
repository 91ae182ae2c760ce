#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6, dishonest relay - the caller's key swapped, signed by
# COVERS: another
. "$SRCDIR/regress/liar/liar.inc"

caught offer-key-signed 1 bob "not signed by the caller"
uncaught offer-key-signed 1 bob offer-signature
