#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: federation: a peer with a host name: lookupd asks, relayd dials
# COVERS: federation: a reload: links of peers that stay as they are stay; one
# COVERS: federation: that changed is made anew, one that is gone goes
. "$SRCDIR/regress/federation/fed.inc"

[ -x "$BUILD/lookupd/lookupd" ] || {
	echo "built without lookupd"
	exit 77
}
fed_relay a
fed_relay b
fed_relay c
fed_peer a b
# By its name, in any case of letters; b and c wait to be dialled.
sed -i 's/address 127\.0\.0\.1/address LocalHost/' "$tmp/a/relayd.conf"
grep -q 'address LocalHost' "$tmp/a/relayd.conf" || fail "no name in it"
fed_peer b a passive
fed_peer c a passive
fed_start a b c
fed_up a b
[ "$(fed_cell a b direction)" = out ] || fail "a has not dialled b"
stats()
{
	fed_ctl a -j show stats | tr '{' '\n' | grep "\"worker\": *\"$1\"" |
	    json_field "$2"
}
[ "$(stats lookupd names_found)" -ge 1 ] || fail "lookupd was not asked"

not_so_soon()
{
	fed_ctl a reload >"$tmp/out" 2>&1
	status=$?
	! grep -q "reloaded a moment ago" "$tmp/out"
}
reload()
{
	until_true 5 not_so_soon
	[ "$status" = 0 ] || fail "reload: $(cat "$tmp/out")"
}
# One more; the link there is stays.
cp "$tmp/a/relayd.conf" "$tmp/two.conf"
fed_peer a c
reload
fed_up a c
[ "$(fed_cell a b links)" = 1 ] || fail "the link with b was made anew"

# b becomes somebody else, and is refused; c stays.
fed_use b
wrong=$(tr 0-9a-f 1-9a-f0 <"$tmp/b/fp")
sed -i "s/$(cat "$tmp/b/fp")/$wrong/" "$tmp/a/relayd.conf"
reload
fed_down a b
[ "$(fed_cell a c links)" = 1 ] || fail "the link with c was made anew"
sed -i "s/$wrong/$(cat "$tmp/b/fp")/" "$tmp/a/relayd.conf"
reload
fed_up a b
[ "$(fed_cell a c links)" = 1 ] || fail "the link with c was made anew"

# c goes.
cp "$tmp/two.conf" "$tmp/a/relayd.conf"
reload
gone()
{
	! fed_ctl a show peers | grep -q '^c ' &&
	    [ "$(fed_cell c a state)" != up ]
}
until_true 10 gone || fail "the link with c stays"
fed_is_up a b || fail "the link with b went with it"

# Negative control: a name that nobody has is no link.
sed -i 's/address LocalHost/address nobody.invalid/' "$tmp/a/relayd.conf"
reload
fed_down a b
asked()
{
	[ "$(stats lookupd names_failed)" -ge 1 ]
}
until_true 20 asked || fail "nobody.invalid was not looked up"
fed_done
