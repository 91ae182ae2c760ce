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
 * Fingerprints that ever proved possession of their key, as far as this
 * process knows: a bounded cache before the registry's table.  signald is the
 * only writer of that table, so a cached "no" stays right until it writes.
 */
#ifndef WZP_SIGNALD_PROVEN_H
#define WZP_SIGNALD_PROVEN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/ipc/messages.h"

enum proven_state {
	PROVEN_UNKNOWN,		/* ask registryd */
	PROVEN_NO,
	PROVEN_YES
};

struct proven;

/* -1: registryd is away, or does not take more just now. */
typedef int proven_put_fn(void *arg, const struct msg_proven_put *);

struct proven	*proven_new(size_t max, proven_put_fn *, void *arg);
void		 proven_free(struct proven *);
enum proven_state
		 proven_get(const struct proven *, const char *fp);
/* registryd's answer. */
void		 proven_learn(struct proven *, const char *fp, bool proven);
/* It did right now: written to the registry, at once or when it is back. */
void		 proven_record(struct proven *, const char *fp);
/* registryd is there (again): tells who waits, repeats who was told last. */
void		 proven_up(struct proven *);
/* Tells those who wait, as far as it takes them. */
void		 proven_resume(struct proven *);
size_t		 proven_count(const struct proven *);

#endif /* WZP_SIGNALD_PROVEN_H */
