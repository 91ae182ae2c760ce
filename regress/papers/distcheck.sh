#!/bin/sh
#
# Copyright (c) 2026 the WZP authors
#
# Permission to use, copy, modify, and distribute this software for any
# purpose with or without fee is hereby granted, provided that the above
# copyright notice and this permission notice appear in all copies.
#
# THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES
# WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
# MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR
# ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
# WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
# ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF
# OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
#
# COVERS: documents - make distcheck: a tarball builds, runs, installs and goes away
# long: yes
# LOAD: alone
# LIMIT: 3000

. "$SRCDIR/regress/lib.sh"
unset MAKEFLAGS MAKELEVEL MFLAGS REGRESS_ONLY

compiler=$(sed -n 's/^CC = //p' Makefile)
deps=$(sed -n 's/^DISTCHECK_DEPS = //p' Makefile)
mkdir "$tmp/build"
cd "$tmp/build" || exit 1
"$SRCDIR/configure" -q $deps CC="$compiler" >"$tmp/out" 2>&1 || {
	tail -n 20 "$tmp/out"
	skip "the tree was configured in itself: distcheck wants a clean one"
}
make distcheck DISTCHECK_CONFIGURE_FLAGS="CC=\"$compiler\"" \
    >"$tmp/out" 2>&1 || {
	tail -n 40 "$tmp/out"
	fail "make distcheck failed"
}
grep -q 'archives ready for distribution' "$tmp/out" || fail "no archive"
