#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 3 - registryd killed 40 times under as many call set-ups as it takes
# LOAD: alone
# long: yes
# LIMIT: 1800
. "$SRCDIR/regress/storm/registry-load.inc"
KILLS=${KILLS:-40}
# Who dies within 2 s of its start is made to wait.
PAUSE=${PAUSE:-2.1}
load_case
