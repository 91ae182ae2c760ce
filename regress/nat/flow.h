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
 * What the wire saw: a row for each flow of IP packets, by the port it came in
 * on and its addresses.
 */
#ifndef WZP_REGRESS_NAT_FLOW_H
#define WZP_REGRESS_NAT_FLOW_H

#include <netinet/in.h>

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define FLOWS_MAX	8192	/* more are counted in one row */

/* Of UDP only; everything else is `other'. */
enum flow_class {
	CLASS_CHECK,		/* a connectivity check (wire/check.h) */
	CLASS_LONG,		/* QUIC: part of a handshake */
	CLASS_BIG,		/* QUIC: what media looks like */
	CLASS_SMALL,		/* QUIC: acknowledgements, pings */
	CLASS_OTHER,
	CLASSES
};

enum flow_fate {
	FATE_SENT,
	FATE_LOST,		/* by chance, as configured */
	FATE_CUT,		/* by a rule */
	FATE_UNROUTED,		/* to where nobody is */
	FATE_FULL,		/* of the queue */
	FATES
};

/* Read out of one packet. */
struct flow_key {
	unsigned int	fk_in;			/* index of a port */
	int		fk_family;
	uint8_t		fk_src[16];		/* IPv4: the first four */
	uint8_t		fk_dst[16];
	uint16_t	fk_sport;
	uint16_t	fk_dport;
	uint8_t		fk_proto;
	size_t		fk_bytes;		/* payload */
	unsigned int	fk_packets;		/* of a segmented one */
	enum flow_class	fk_class;
};

/* 0: an IP packet, l3 bytes long; -1: none. */
int	 flow_read(struct flow_key *, const uint8_t *l3, size_t len);
/* now: milliseconds. */
void	 flow_count(const struct flow_key *, enum flow_fate, uint64_t now);
void	 flow_reset(void);
/* One line each, after a line with the names of the columns. */
void	 flow_print(FILE *, const char *(*port)(unsigned int));

#endif /* WZP_REGRESS_NAT_FLOW_H */
