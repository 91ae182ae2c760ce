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
 * Connections without QUIC for the tests of what stands on it: they keep
 * what was sent and closed, and a test says what the peer acknowledged.
 */
#ifndef WZP_REGRESS_FAKE_QUIC_H
#define WZP_REGRESS_FAKE_QUIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/quic/endpoint.h"

#define FAKE_MESSAGES_MAX	256

struct quic_conn {
	void		*qc_data;
	char		 qc_name[QUIC_SNI_MAX];
	struct addr	 qc_remote;
	uint8_t		 qc_exporter[32];
	/* Signals to the peer, in order. */
	char		*qc_messages[FAKE_MESSAGES_MAX];
	size_t		 qc_nmessages;
	size_t		 qc_nacked;
	bool		 qc_full;	/* ENOBUFS for signals */
	/* Datagrams to the peer. */
	uint8_t		 qc_datagram[QUIC_MAX_DATAGRAM];	/* last one */
	size_t		 qc_datagram_len;
	size_t		 qc_ndatagrams;
	bool		 qc_blocked;	/* takes no datagrams */
	/* What quic_close() was called with. */
	bool		 qc_closed;
	uint64_t	 qc_code;
	char		 qc_reason[64];
};

struct quic_conn	*fake_conn(const char *name);
void			 fake_free(struct quic_conn *);
/* The peer acknowledged all signals so far. */
void			 fake_ack(struct quic_conn *);
/* The last signal, or "" */
const char		*fake_last(const struct quic_conn *);

#endif /* WZP_REGRESS_FAKE_QUIC_H */
