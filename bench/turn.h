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
 * What a client of TURN says and hears over UDP (RFC 8656, RFC 8489), as far
 * as the load on coturn needs it: an allocation, a channel to one peer and its
 * data.  IPv4, no authentication.
 */
#ifndef WZP_BENCH_TURN_H
#define WZP_BENCH_TURN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/addr.h"

/* RFC 8489 section 6: 96 bits. */
#define TURN_ID_LEN		12
/* The longest request, ChannelBind: header, number, address. */
#define TURN_REQUEST_MAX	40
/* RFC 8656 section 12: what is a channel, and what is before its data. */
#define TURN_CHANNEL_FIRST	0x4000
#define TURN_CHANNEL_LAST	0x4fff
#define TURN_DATA_HEADER_LEN	4

/* RFC 8656 section 17. */
enum turn_method {
	TURN_ALLOCATE = 0x003,
	TURN_REFRESH = 0x004,
	TURN_CHANNEL_BIND = 0x009
};

struct turn_response {
	enum turn_method	 tr_method;
	bool			 tr_success;
	unsigned int		 tr_error;	/* 300 to 699; 0: it has none */
	const uint8_t		*tr_id;		/* in the datagram */
	/* XOR-RELAYED-ADDRESS; addr_len is 0 if there is none. */
	struct addr		 tr_relayed;
};

/* Each writes a request to buf, TURN_REQUEST_MAX bytes; its length. */
size_t	 turn_allocate(uint8_t *buf, const uint8_t *id);
/* With the lifetime that the server prefers. */
size_t	 turn_refresh(uint8_t *buf, const uint8_t *id);
/* peer: IPv4.  The channel lasts 600 s, its permission 300 s. */
size_t	 turn_channel_bind(uint8_t *buf, const uint8_t *id, uint16_t channel,
	    const struct addr *peer);
/* What is before len bytes of a channel: TURN_DATA_HEADER_LEN bytes. */
void	 turn_data_header(uint8_t *buf, uint16_t channel, size_t len);

/*
 * -1: not a response to one of these methods, or not a whole one.  Attributes
 * that are not known are passed over, whatever their type: who asks for
 * nothing else needs none of them.
 */
int	 turn_parse_response(struct turn_response *, const uint8_t *, size_t);
/*
 * Length of what has come in that channel, behind the header; -1: it is
 * something else.  Over UDP padding may follow (section 12.5).
 */
int	 turn_parse_data(uint16_t channel, const uint8_t *, size_t);

#endif /* WZP_BENCH_TURN_H */
