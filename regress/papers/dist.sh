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
# COVERS: documents - make dist has every file of the tree, and none that is not
# LIMIT: 120

. "$SRCDIR/regress/lib.sh"
unset MAKEFLAGS MAKELEVEL MFLAGS REGRESS_ONLY

tree()
{
	git -c safe.directory='*' -C "$SRCDIR" "$@"
}
[ "$(tree rev-parse --is-inside-work-tree 2>/dev/null)" = true ] ||
    skip "not a clone"
# With what is not yet committed; what is deleted and not yet committed is not
# there.
tree ls-files -co --exclude-standard | while IFS= read -r f; do
	[ ! -f "$SRCDIR/$f" ] || echo "$f"
done | sort >"$tmp/tree"
[ "$(wc -l <"$tmp/tree")" -gt 1000 ] || fail "that is not the tree"

make -s distdir distdir="$tmp/dist" >"$tmp/out" 2>&1 || {
	tail -n 20 "$tmp/out"
	fail "make distdir failed"
}
# Made for the tarball, by autoreconf and bison; and what only git needs.
cat >"$tmp/made" <<-!
	Makefile.in
	aclocal.m4
	build-aux/ar-lib
	build-aux/compile
	build-aux/depcomp
	build-aux/install-sh
	build-aux/missing
	build-aux/ylwrap
	config.h.in
	configure
	relayd/parse.c
!
differs()
{
	(cd "$tmp/dist" && find . -type f) | sed 's,^\./,,' | sort |
	    grep -vxF -f "$tmp/made" >"$tmp/got"
	grep -vx '\.gitignore' "$tmp/tree" | diff - "$tmp/got" >"$tmp/diff"
	[ -s "$tmp/diff" ]
}
differs && {
	sed -e 's/^</not in the tarball:/' -e 's/^>/only in the tarball:/' \
	    "$tmp/diff" | grep tarball
	fail "the tarball and the tree differ"
}
while IFS= read -r f; do
	[ -f "$tmp/dist/$f" ] || fail "the tarball has no $f"
done <"$tmp/made"

# Controls.
rm -f "$tmp/dist/man/relayd.8"
differs || fail "control: a missing file went unnoticed"
cp "$SRCDIR/man/relayd.8" "$tmp/dist/man/"
touch "$tmp/dist/stray.o"
differs || fail "control: a stray file went unnoticed"
echo "$(wc -l <"$tmp/got") files"
