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
 * Datagrams that were here within the last 2 s, by keyed hashes in a bounded
 * ring, so that nobody can aim at anybody's.
 *
 * With a source, tag, source and MediaPacket make the datagram: two senders
 * are never taken for one (gap 32).  Without one (an original gave it), two
 * that are equal may still be two senders', both in silence: what counts is
 * how many came over each link.  A link does not give the same twice, so the
 * second over one link is another's, and the first over another link a copy.
 */
#ifndef WZP_FEDERD_DUPLICATES_H
#define WZP_FEDERD_DUPLICATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/clock.h"

#define DUPLICATES_NS		(2 * NS_PER_S)	/* wzp-protocol 9.5 */
/* 2 s of what one link may give; past that the oldest goes early. */
#define DUPLICATES_MAX		131072
/* Links that are told apart for one bare datagram. */
#define DUPLICATES_LINKS	6

struct duplicates;

struct duplicates	*duplicates_new(size_t max);	/* power of 2 */
void			 duplicates_free(struct duplicates *);
/*
 * head: tag and source, 16 bytes.  true: it has not been here.  bare: also
 * count it among those without a source, some of which may be copies of it.
 */
bool			 duplicates_sourced(struct duplicates *,
			    const uint8_t head[16], const uint8_t *packet,
			    size_t len, bool bare, uint64_t now);
/* It begins its way here, and may come back without a source. */
void			 duplicates_local(struct duplicates *,
			    const uint8_t tag[8], const uint8_t *packet,
			    size_t len, uint64_t now);
/* link: any number for the link it came over.  true: as above. */
bool			 duplicates_bare(struct duplicates *,
			    const uint8_t tag[8], const uint8_t *packet,
			    size_t len, unsigned int link, uint64_t now);
/* Those that are remembered. */
size_t			 duplicates_count(const struct duplicates *,
			    uint64_t now);

#endif /* WZP_FEDERD_DUPLICATES_H */
