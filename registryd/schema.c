/*
 * Copyright (c) 2026 the WZP authors
 *
 * Permission to use, copy, modify, and distribute this software for any
 * purpose with or without fee is hereby granted, provided that the above
 * copyright notice and this permission notice appear in all copies.
 *
 * THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES
 * WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
 * MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR
 * ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
 * WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
 * ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF
 * OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
 */

/*
 * Schema steps.  States, modes, reasons and paths are stored as the numbers
 * of common/ipc/messages.h, times as Unix milliseconds with 0 for "not".
 */
#include "config.h"

#include "registryd/schema.h"

/*
 * calls: one row a call, told apart by call_id and time, because a call_id
 * may be used again once its call ended.  boot_id says in which run of the
 * relay the call was last heard of.
 *
 * call_media: what a member of the call's room sent and was sent through the
 * relay.  The done_ columns sum up the connections that ended, the now_
 * columns are the running one's.
 *
 * proven: fingerprints that ever showed possession of their key.  Never
 * pruned: this is a promise.
 */
static const char	schema_1[] =
    "CREATE TABLE calls ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  call_id TEXT NOT NULL,"
    "  created_ms INTEGER NOT NULL,"
    "  caller TEXT NOT NULL,"
    "  callee TEXT NOT NULL,"
    "  caller_alias TEXT NOT NULL,"
    "  caller_proven INTEGER NOT NULL,"
    "  callee_proven INTEGER NOT NULL,"
    "  unconfirmed INTEGER NOT NULL,"
    "  state INTEGER NOT NULL,"
    "  mode INTEGER NOT NULL,"
    "  reason INTEGER NOT NULL,"
    "  path INTEGER NOT NULL,"
    "  answered_ms INTEGER NOT NULL,"
    "  ended_ms INTEGER NOT NULL,"
    "  caller_addr TEXT,"
    "  callee_addr TEXT,"
    "  boot_id INTEGER NOT NULL,"
    "  UNIQUE (call_id, created_ms)"
    ") STRICT;"
    "CREATE INDEX calls_caller ON calls (caller);"
    "CREATE INDEX calls_callee ON calls (callee);"
    "CREATE INDEX calls_live ON calls (id) WHERE state < 3;"
    "CREATE INDEX calls_ended ON calls (ended_ms) WHERE state = 3;"
    "CREATE TABLE call_media ("
    "  call INTEGER NOT NULL REFERENCES calls (id) ON DELETE CASCADE,"
    "  fingerprint TEXT NOT NULL,"
    "  done_packets_in INTEGER NOT NULL,"
    "  done_bytes_in INTEGER NOT NULL,"
    "  done_packets_out INTEGER NOT NULL,"
    "  done_bytes_out INTEGER NOT NULL,"
    "  done_dropped_out INTEGER NOT NULL,"
    "  now_packets_in INTEGER NOT NULL,"
    "  now_bytes_in INTEGER NOT NULL,"
    "  now_packets_out INTEGER NOT NULL,"
    "  now_bytes_out INTEGER NOT NULL,"
    "  now_dropped_out INTEGER NOT NULL,"
    "  loss_pct INTEGER NOT NULL,"
    "  rtt_ms INTEGER NOT NULL,"
    "  updated_ms INTEGER NOT NULL,"
    "  PRIMARY KEY (call, fingerprint)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE proven ("
    "  fingerprint TEXT PRIMARY KEY NOT NULL,"
    "  since_ms INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "PRAGMA user_version = 1;";

/*
 * Calls with a party at another relay (remote: 1 the caller, 2 the callee),
 * and the relays that lead there, as hexadecimal digits.
 */
static const char	schema_2[] =
    "ALTER TABLE calls ADD COLUMN remote INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE calls ADD COLUMN remote_legacy INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE calls ADD COLUMN remote_label TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE calls ADD COLUMN remote_path TEXT NOT NULL DEFAULT '';"
    "PRAGMA user_version = 2;";

const char *const	schema_steps[] = { schema_1, schema_2 };
const int		schema_version =
    (int)(sizeof(schema_steps) / sizeof(schema_steps[0]));
