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
 * What a script may demand: each expectation waits for its event up to the
 * limit, compares it and stops the run if it is another.
 */
#ifndef WZP_REGRESS_PEER_EXPECT_H
#define WZP_REGRESS_PEER_EXPECT_H

#include "regress/peer/peer.h"
#include "regress/peer/vars.h"

struct ctx {
	struct peer	*cx_peer;
	struct vars	*cx_vars;
	uint64_t	 cx_limit;	/* of one expectation, ns */
	uint64_t	 cx_mark;
};

/* script.c */
char		*word(char **);
uint64_t	 number(const char *);
bool		 option(char **, char **key, char **value);
struct pconn	*conn_arg(struct ctx *, char **);
const struct ident
		*ident_arg(struct ctx *, const char *);
void		 alive(const struct pconn *);

/* expect.c */
until_fn	 expect_never;
void		 expect_nothing_left(struct ctx *);
void		 cmd_barrier(struct ctx *, char *);
void		 cmd_elapsed(struct ctx *, char *);
void		 cmd_equal(struct ctx *, char *);
void		 cmd_expect(struct ctx *, char *);
void		 cmd_expect_cert(struct ctx *, char *);
void		 cmd_expect_close(struct ctx *, char *);
void		 cmd_expect_datagram(struct ctx *, char *);
void		 cmd_expect_fin(struct ctx *, char *);
void		 cmd_expect_none(struct ctx *, char *);
void		 cmd_expect_param(struct ctx *, char *);
void		 cmd_expect_stopped(struct ctx *, char *);
void		 cmd_expect_uni(struct ctx *, char *);
void		 cmd_expect_up(struct ctx *, char *);
void		 cmd_expect_values(struct ctx *, char *);
void		 cmd_verify(struct ctx *, char *);

/* shape.c */
void		 shape_token(struct ctx *, struct conn_options *,
		    const char *);
void		 cmd_expect_count(struct ctx *, char *);
void		 cmd_expect_flight(struct ctx *, char *);
void		 cmd_expect_retry(struct ctx *, char *);
void		 cmd_expect_slot(struct ctx *, char *);
void		 cmd_expect_token(struct ctx *, char *);
void		 cmd_expect_validated(struct ctx *, char *);
void		 cmd_first_flight(struct ctx *, char *);
void		 cmd_migrate(struct ctx *, char *);
void		 cmd_rebind(struct ctx *, char *);

/* pulse.c */
void		 cmd_expect_media(struct ctx *, char *);
void		 cmd_expect_pulse(struct ctx *, char *);
void		 cmd_pulse(struct ctx *, char *);

/* bare.c */
void		 bare_free(void);
void		 cmd_accept(struct ctx *, char *);
void		 cmd_accept_none(struct ctx *, char *);
void		 cmd_expect_refused(struct ctx *, char *);
void		 cmd_socket(struct ctx *, char *);
const int	*side_socket(struct ctx *, const char *);
void		 cmd_udp(struct ctx *, char *);
void		 cmd_expect_udp(struct ctx *, char *);
void		 cmd_expect_udp_none(struct ctx *, char *);

#endif /* WZP_REGRESS_PEER_EXPECT_H */
