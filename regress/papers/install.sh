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
# COVERS: documents - make install puts exactly the named files in their places, make uninstall takes them away
# LIMIT: 120

. "$SRCDIR/regress/lib.sh"
unset MAKEFLAGS MAKELEVEL MFLAGS REGRESS_ONLY

root=$tmp/root
grep -q '^prefix = ' Makefile || skip "not configured here"

# The folders of this configuration.
{
	echo 'include Makefile'
	echo 'show-folders:'
	for v in bindir sbindir pkglibexecdir mandir pkgdatadir sysconfdir \
	    localstatedir; do
		printf '\t@echo "%s $(%s)"\n' $v $v
	done
} >"$tmp/show.mk"
make -s -f "$tmp/show.mk" show-folders >"$tmp/folders" ||
    fail "no folders from make"

# $tmp/want: what is to be there.
while read -r where name if; do
	case $where in
	'#'*)
		continue
		;;
	esac
	case $if in
	lookupd)
		grep -q '^#define HAVE_LOOKUPD 1' config.h || continue
		;;
	deps)
		[ -f libexec/wzp/libyyjson.so.0 ] || continue
		;;
	esac
	echo "$(sed -n "s,^$where ,,p" "$tmp/folders")/$name"
done <"$SRCDIR/regress/papers/installed" | sort >"$tmp/want"

# differs: what is there and what is to be, not the same
differs()
{
	(cd "$root" && find . -type f | sed 's,^\.,,' | sort) >"$tmp/got"
	! diff "$tmp/want" "$tmp/got" >"$tmp/diff"
}

make -s install DESTDIR="$root" >"$tmp/out" 2>&1 || {
	cat "$tmp/out"
	fail "make install failed"
}
differs && {
	cat "$tmp/diff"
	fail "other files were installed than regress/papers/installed names"
}
state=$root$(sed -n 's,^localstatedir ,,p' "$tmp/folders")
conf=$root$(sed -n 's,^sysconfdir ,,p' "$tmp/folders")/wzp/relayd.conf
[ -d "$state/empty/wzp" ] || fail "no empty root for the workers"
[ -z "$(ls -A "$state/empty/wzp")" ] || fail "it is not empty"
# What is installed finds what it was linked with, and says its version.
"$root$(sed -n 's,^sbindir ,,p' "$tmp/folders")/relayd" -V >/dev/null ||
    fail "what was installed does not run"
grep -q '@' "$root$(sed -n 's,^pkgdatadir ,,p' "$tmp/folders")/examples/relayd.service" &&
    fail "a place was not filled in"

# Control: one too many, one too few.
touch "$root/stray"
differs || fail "control: a stray file went unnoticed"
rm -f "$root/stray" "$conf"
differs || fail "control: a missing file went unnoticed"

# A configuration that was changed stays, over install and uninstall.
echo "# mine" >"$conf"
make -s install DESTDIR="$root" >"$tmp/out" 2>&1 || fail "not a second time"
[ "$(cat "$conf")" = "# mine" ] || fail "the configuration was replaced"
make -s uninstall DESTDIR="$root" >"$tmp/out" 2>&1 || {
	cat "$tmp/out"
	fail "make uninstall failed"
}
[ "$(cd "$root" && find . -type f)" = ".${conf#"$root"}" ] || {
	find "$root" -type f
	fail "make uninstall leaves files, or takes a changed configuration"
}
cp "$SRCDIR/etc/relayd.conf" "$conf"
make -s uninstall DESTDIR="$root" >"$tmp/out" 2>&1
[ ! -f "$conf" ] || fail "an untouched configuration stays"
echo "$(wc -l <"$tmp/want") files"
