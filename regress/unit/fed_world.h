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
 * Some relays' modules behind their links, in virtual time: what one sends is
 * printed, takes a while, and is parsed by the other.  What leaves a relay for
 * its own processes is written down as lines.
 */
#ifndef WZP_FED_WORLD_H
#define WZP_FED_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/clock.h"
#include "common/wire/identity.h"
#include "federd/digest.h"
#include "federd/envelope.h"
#include "federd/find.h"

#define FW_RELAYS	16
#define FW_TRIP_MS	20	/* from one relay to another */
#define FW_OURS		(NEIGHBOUR_PATHS | NEIGHBOUR_DIGEST | \
			    NEIGHBOUR_MEDIA | NEIGHBOUR_ROOMS)

/* Of a link, as both sides see the other. */
#define FW_TRANSIT	0x1
#define FW_LEGACY	0x2	/* the second one is an original */

struct fw;

struct fw_end {
	struct neighbour	 fe_nb;
	struct fw		*fe_world;
	unsigned int		 fe_from;	/* whose neighbour this is */
	unsigned int		 fe_to;
	bool			 fe_up;
	bool			 fe_full;	/* takes nothing: ENOBUFS */
};

struct fw_relay {
	uint8_t			 fr_fp[TLS_HASH_LEN];
	struct envelope		*fr_envelope;
	struct digest		*fr_digest;
	struct find		*fr_find;
	struct fw_end		 fr_end[FW_RELAYS];	/* by relay */
	bool			 fr_no_signald;
	char			*fr_log;
	size_t			 fr_loglen;
};

struct fw_flight {
	struct fw_flight	*fl_next;
	uint64_t		 fl_due;
	unsigned int		 fl_from;
	unsigned int		 fl_to;
	char			*fl_text;
};

struct fw {
	uint64_t		 fw_now;
	size_t			 fw_n;
	struct fw_relay		 fw_relay[FW_RELAYS];
	struct fw_flight	*fw_flights;
	/* false: it does not get there; may send instead. */
	bool			 (*fw_hook)(struct fw *, unsigned int from,
				    unsigned int to, const struct signal *);
	unsigned int		 fw_count[SIGNAL_TYPE_MAX];	/* sent */
	size_t			 fw_bytes;
	char			*fw_wire;	/* "A>B {...}" lines */
	size_t			 fw_wirelen;
	bool			 fw_quiet;	/* no fw_wire */
	bool			 fw_raw;	/* no <A> in it */
};

void	 fw_begin(struct fw *, size_t relays);
void	 fw_end(struct fw *);
/* Both are told; in set-up they announce FW_OURS, unless one is legacy. */
void	 fw_link(struct fw *, unsigned int, unsigned int, int flags);
void	 fw_cut(struct fw *, unsigned int, unsigned int);
/*
 * The first n in a row, each linked with the next: all let others through; or
 * three of which the middle one lets through only who is allowed.
 */
void	 fw_row(struct fw *, size_t n);
void	 fw_middle(struct fw *, bool first, bool last);
/* As if that relay had sent it; in text <A> is the fingerprint of A. */
void	 fw_send(struct fw *, unsigned int from, unsigned int to,
	    const struct signal *);
void	 fw_send_text(struct fw *, unsigned int from, unsigned int to,
	    const char *);
void	 fw_run(struct fw *, unsigned int ms);
/* The fingerprint of person number n. */
const char
	*fw_person(unsigned int n);
void	 fw_here(struct fw *, unsigned int relay, unsigned int person,
	    bool present);
void	 fw_find(struct fw *, unsigned int relay, uint64_t seq,
	    unsigned int person);
/* From signald; way is relays as letters, "" for a broadcast. */
void	 fw_say(struct fw *, unsigned int relay, const char *way,
	    const char *inner);
/* What relay wrote down since the last call; checked and forgotten. */
void	 fw_expect(struct fw *, unsigned int relay, const char *lines);
/* What was sent since the last call, likewise, with <A> for fingerprints. */
void	 fw_expect_wire(struct fw *, const char *lines);
void	 fw_forget(struct fw *);
/* Time goes by, and what was sent in it is forgotten. */
void	 fw_settle(struct fw *, unsigned int ms);
/* "aa:aa:..." of relay n. */
const char
	*fw_tls_fp(unsigned int n);

#endif /* WZP_FED_WORLD_H */
