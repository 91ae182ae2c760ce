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
 * The queue of handshakes that are to be answered (admission.c); for
 * endpoint.c and conn.c only.
 */
#ifndef WZP_QUIC_ADMISSION_H
#define WZP_QUIC_ADMISSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct quic_conn;
struct quic_endpoint;

enum admission {
	ADMISSION_ACCEPT,
	ADMISSION_REFUSE,	/* CONNECTION_REFUSED */
	ADMISSION_DROP		/* without a word */
};

void	 admission_init(struct quic_endpoint *);
/* Whether a connection may be made of a first packet with that DCID. */
enum admission
	 admission_judge(struct quic_endpoint *, const uint8_t *dcid,
	    size_t len);
/* Whether a handshake may be answered now; if not, the connection waits. */
bool	 admission_may_answer(struct quic_conn *);
void	 admission_wait_no_more(struct quic_conn *);
/* Answers those whose turn it is; refuses those who waited for too long. */
void	 admission_turn(struct quic_endpoint *);

#endif /* WZP_QUIC_ADMISSION_H */
