# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# Helpers of the cases with an auth server, after regress/lib.sh.
#
# shellcheck shell=sh disable=SC2034,SC2154

AUTH=$BUILD/regress/auth/wzp-auth
LOOKUPD=$BUILD/lookupd/lookupd
FP_A=6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa
FP_B=66d1:c03b:f3bc:01bd:4cf8:23d7:df4e:19f2
auth_dir=$tmp/auth
auth_pid=
auth_port=
auth_address=
mkdir "$auth_dir"
chmod 755 "$auth_dir"
: >"$auth_dir/script"

auth_cleanup()
{
	auth_stop
	case_cleanup
}
trap auth_cleanup EXIT

[ -x "$LOOKUPD" ] || skip "lookupd is not built (--without-lookupd)"

# auth_start [PEM]: an auth server that has not run before, or runs anew
auth_start()
{
	rm -f "$auth_dir/port"
	"$AUTH" -s "$auth_dir/script" -l "$auth_dir/log" \
	    -o "$auth_dir/port" ${auth_port:+-p "$auth_port"} \
	    ${auth_address:+-b "$auth_address"} \
	    ${1:+-t "$auth_dir/$1"} &
	auth_pid=$!
	until_true 10 test -s "$auth_dir/port" ||
	    fail "the auth server does not start"
	auth_port=$(cat "$auth_dir/port")
}

auth_stop()
{
	if [ -n "$auth_pid" ]; then
		kill "$auth_pid" 2>/dev/null
		wait "$auth_pid" 2>/dev/null
	fi
	auth_pid=
}

# auth_say TOKEN WHAT: what it does about this token (regress/auth/main.c)
auth_say()
{
	echo "$1 $2" >>"$auth_dir/script"
}

# auth_person TOKEN FINGERPRINT: a good token
auth_person()
{
	auth_say "$1" "json {\"valid\":true,\"fingerprint\":\"$2\",\"alias\":null}"
}

# auth_asked TOKEN: how often it was asked about it
auth_asked()
{
	grep -c "body={\"token\":\"$1\"}" "$auth_dir/log"
}

# script NAME: a wire script from standard input, with the usual people
script()
{
	{
		echo "include $SRCDIR/regress/wire/inc/people.inc"
		cat
	} >"$tmp/$1.wire"
}

# wire NAME: it must pass
wire()
{
	peer "$tmp/$1.wire" >"$tmp/out" 2>&1 || {
		cat "$tmp/out"
		fail "$1: $(tail -n 1 "$tmp/out")"
	}
}

# wire_fails NAME TEXT: it must fail, and so
wire_fails()
{
	if peer "$tmp/$1.wire" >"$tmp/out" 2>&1; then
		cat "$tmp/out"
		fail "$1: passes where it must not"
	fi
	grep -q -e "$2" "$tmp/out" || {
		cat "$tmp/out"
		fail "$1: fails for another reason than: $2"
	}
}
