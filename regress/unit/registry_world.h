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
 * A call registry in a directory of its own, records and counters to put
 * into it, and what it then holds.
 */
#ifndef WZP_REGRESS_REGISTRY_WORLD_H
#define WZP_REGRESS_REGISTRY_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "registryd/store.h"

#define FP_A	"aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa"
#define FP_B	"bbbb:bbbb:bbbb:bbbb:bbbb:bbbb:bbbb:bbbb"
#define FP_C	"cccc:cccc:cccc:cccc:cccc:cccc:cccc:cccc"
#define BOOT	UINT64_C(0xfedcba9876543210)
#define T0	UINT64_C(1775000000000)

#define ROWS_MAX	300

struct rows {
	struct store_call	row[ROWS_MAX];
	size_t			n;
};

/* The database file of the running test. */
extern char		 db_path[300];
/* What history() or live() found last. */
extern struct rows	 rows;

/* Each test's directory, made and removed (cmocka fixtures). */
int			 setup(void **);
int			 teardown(void **);

/* NULL: why, of 256 bytes, says what for. */
struct store		*open_with(uint64_t boot, uint64_t retention_s,
			    uint64_t max, char *why);
/* Without limits; fails the test if it does not open. */
struct store		*open_store(uint64_t boot);

/* Ada (FP_A) calls FP_B at T0.  The next record() overwrites it. */
struct msg_call_put	*record(const char *call_id, enum call_state);
/* Counters of call c1.  The next media() overwrites them. */
struct msg_call_media	*media(const char *fp, uint64_t in, uint64_t out,
			    bool final);
/* Each in a transaction of its own. */
void			 put_now(struct store *, const struct msg_call_put *);
void			 media_now(struct store *,
			    const struct msg_call_media *);

/* Fill rows: past calls (newest first) or those under way. */
size_t			 history(struct store *, const char *filter,
			    bool ended);
size_t			 live(struct store *);

#endif /* WZP_REGRESS_REGISTRY_WORLD_H */
