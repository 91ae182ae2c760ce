#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: fuzzing: each fault that a target can make on purpose is found by
# COVERS: its corpus (the control of all fuzz targets)
. "$SRCDIR/regress/lib.sh"

targets=0
faults=0
for program in regress/fuzz/*_fuzz; do
	[ -x "$program" ] || continue
	targets=$((targets + 1))
	"./$program" -l >"$tmp/faults" || fail "$program -l"
	[ -s "$tmp/faults" ] || fail "$program: no faults"
	while read -r fault; do
		faults=$((faults + 1))
		if FUZZ_FAULT=$fault "./$program" >"$tmp/out" 2>&1; then
			fail "$program: fault $fault was not found"
		fi
		# By a check of ours, not by a crash.
		grep -q '^fuzz: .*not true' "$tmp/out" ||
		    fail "$program: fault $fault: $(tail -n 1 "$tmp/out")"
	done <"$tmp/faults"
done
[ "$targets" -ge 10 ] || fail "only $targets targets"
echo "$faults faults of $targets targets"
