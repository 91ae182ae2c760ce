#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: answers, hang-ups and path reports of strangers (gap 8)
. "$SRCDIR/regress/siege/siege.inc"
siege_script strange <<'!'
include $INC/alice-bob.inc
repeat 30
send alice {"DirectCallAnswer":{"call_id":"talk",
	"accept_mode":"AcceptTrusted"}}
send alice {"Hangup":{"reason":"Normal","call_id":"talk"}}
send alice {"Hangup":{"reason":"Normal"}}
send alice {"MediaPathReport":{"call_id":"talk","direct_ok":true,
	"race_winner":"Direct"}}
end
barrier alice
barrier bob
!
siege_begin
siege_wire strange
siege_count signald ignored 120 120
siege_log 'signald: 6871:[0-9a-f:]* 127.0.0.1:[0-9]*: DirectCallAnswer ignored: no such call of theirs: talk'
siege_log 'signald: 6871:[0-9a-f:]* 127.0.0.1:[0-9]*: Hangup ignored: no such call of theirs: any'
siege_log 'signald: .* ignored: no such call of theirs' 20
siege_end
