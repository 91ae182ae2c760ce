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
 * Questions to a name server and its answers, the messages alone (RFC 1035,
 * AAAA: RFC 3596, EDNS: RFC 6891).  The C library's resolver reads files
 * whenever it is used, and not from within an empty root.
 */
#ifndef WZP_LOOKUPD_DNS_H
#define WZP_LOOKUPD_DNS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/addr.h"

#define DNS_NAME_LEN	254		/* text, no dot at its end, NUL */
#define DNS_QUERY_MAX	(12 + 255 + 4 + 11)
/* What we announce to take; a packet that no path has to cut (RFC 9715). */
#define DNS_ANSWER_MAX	1232
#define DNS_ADDRS_MAX	8

#define DNS_TYPE_A	1
#define DNS_TYPE_AAAA	28

enum dns_result {
	DNS_OK,			/* addresses were added */
	DNS_NO_DATA,		/* the name has none of this kind */
	DNS_NO_NAME,		/* there is no such name */
	DNS_SERVER_FAILED,	/* another server may know */
	DNS_FORGED		/* not an answer to this question: ignore it */
};

struct dns_answer {
	struct addr	da_addrs[DNS_ADDRS_MAX];	/* port 0 */
	size_t		da_count;
	uint32_t	da_ttl;		/* s; the lowest of all that was used */
};

/* Length of the question, -1: not a name. */
int		 dns_query(uint8_t buf[DNS_QUERY_MAX], uint16_t id,
		    const char *name, uint16_t type);
/* Adds what it says to the answer. */
enum dns_result	 dns_read(const uint8_t *, size_t, uint16_t id,
		    const char *name, uint16_t type, struct dns_answer *);

#endif /* WZP_LOOKUPD_DNS_H */
