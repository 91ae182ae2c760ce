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
 * Who is registered on which relay, as far as relays say so on `_probe'
 * (wzp-protocol 10.3): bounded, and forgotten when it is not said again
 * (gap 43).  Who was first to name somebody keeps him until then, so that a
 * liar gets nobody who is known elsewhere.
 */
#ifndef WZP_FEDERD_GOSSIP_H
#define WZP_FEDERD_GOSSIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/addr.h"
#include "common/base/clock.h"
#include "common/wire/signal.h"

#define GOSSIP_SOURCES_MAX	128	/* relays that named people */
#define GOSSIP_PEOPLE_MAX	40000	/* in all */
#define GOSSIP_SOURCE_PEOPLE	20000	/* of one relay */
/*
 * An update with fewer is complete: who is not in it is gone.  It is the most
 * that we put into one ourselves, below SIGNAL_MAX; of more people each
 * update names the next ones.
 */
#define GOSSIP_CHUNK		1400
/* Not named for so long: forgotten.  20,000 take 150 s to go round. */
#define GOSSIP_STALE_NS		(300 * NS_PER_S)

struct gossip;

struct gossip	*gossip_new(void);
void		 gossip_free(struct gossip *);
void		 gossip_set_time(struct gossip *, uint64_t now);
uint64_t	 gossip_expiry(const struct gossip *);
void		 gossip_expire(struct gossip *);
/* relay: its address as text.  How many were refused: bounds, no names. */
size_t		 gossip_update(struct gossip *, const char *relay,
		    const struct sig_strings *);
/* Of which relay this fingerprint is; NULL: not known. */
const char	*gossip_relay(const struct gossip *, const char *fp);

struct gossip_source {
	char		gs_relay[ADDR_STRLEN];
	size_t		gs_people;
	uint64_t	gs_told;	/* when it did so last */
};

/* Begin with *iter 0; NULL: that was all. */
const struct gossip_source
		*gossip_next(const struct gossip *, size_t *iter);
/* NULL: has not said anything, or not for long. */
const struct gossip_source
		*gossip_source(const struct gossip *, const char *relay);
size_t		 gossip_people(const struct gossip *);

#endif /* WZP_FEDERD_GOSSIP_H */
