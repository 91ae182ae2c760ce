#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6, dishonest relay - key and identity key of the caller
# COVERS: swapped
. "$SRCDIR/regress/liar/liar.inc"

caught offer-identity 1 bob "caller"
uncaught offer-identity 1 bob offer-fingerprint
