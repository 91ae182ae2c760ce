#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: wrong seeds and spoiled key files: refused, never replaced; the
# COVERS: one that is in use is not read again while the relay serves
. "$SRCDIR/regress/siege/harm.inc"

seed=$relay/relay.seed
good=a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf
# put MODE: the seed file is what stands on standard input
put()
{
	rm -rf "$seed"
	cat >"$seed"
	chmod "$1" "$seed"
}
relay_conf
said="identity ${seed}[ :]"
for n in 0 1 62 63 65 66 128 300; do
	head -c "$n" /dev/zero | tr '\000' a | put 600
	refused "$n digits" "$said.*must be 64 hex" "$seed"
done
echo "${good%bf}b/" | put 600
refused "a character that is none" "$said" "$seed"
echo "0x$good" | put 600
refused "0x before it" "$said" "$seed"
printf '%s\n%s\n' $good $good | put 600
refused "two of them" "$said" "$seed"
printf '%s\000\n' $good | put 600
refused "a zero behind it" "$said" "$seed"
head -c 32 /dev/urandom | put 600
refused "32 raw bytes" "$said" "$seed"
printf -- '-----BEGIN PRIVATE KEY-----\n%s\n' $good | put 600
refused "another kind of key" "$said" "$seed"
head -c 10000000 /dev/zero | put 600
refused "ten megabytes" "$said" "$seed"
for m in 640 604 660 666 620; do
	echo $good | put $m
	refused "mode $m" "$said.*\(mode\|others\|chmod\)" "$seed"
done
rm -f "$seed"
mkdir "$seed"
refused "a directory" "$said" "$relay/relayd.conf"
rmdir "$seed"
mkfifo -m 600 "$seed"
refused "a FIFO" "$said" "$relay/relayd.conf"
rm "$seed"
ln -s /dev/zero "$seed"
refused "a link to a device" "$said" "$relay/relayd.conf"
rm "$seed"
if is_root; then
	echo $good | put 600
	chown 65533 "$seed"
	refused "somebody else's" "$said.*belongs to another user" "$seed"
fi

# Spoiled while it serves: that relay stays who it is, the next one refuses.
echo $good | put 600
relay_restart
siege_watch
was=$(ctl -j show stats | tr -d ' ' | json_field fingerprint)
echo nonsense >"$seed"
ctl reload >"$tmp/out" 2>&1 || echo "reload: $(cat "$tmp/out")"
kill -0 "$relay_pid" || fail "the relay is gone"
[ "$(ctl -j show stats | tr -d ' ' | json_field fingerprint)" = "$was" ] ||
    fail "another fingerprint than $was"
[ "$(cat "$seed")" = nonsense ] || fail "the file was replaced"
siege_calm
relay_stop
refused "spoiled meanwhile" "$said" "$seed"
