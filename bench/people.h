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
 * Registered people in one process: identities, their registrations
 * (client/sigconn.h), and what they say in calls.
 */
#ifndef WZP_BENCH_PEOPLE_H
#define WZP_BENCH_PEOPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/bank.h"
#include "client/sigconn.h"
#include "common/wire/identity.h"
#include "common/wire/signal.h"

struct people;

enum person_state {
	PERSON_NEW,
	PERSON_DIALLED,
	PERSON_REGISTERED,
	PERSON_LOST,		/* refused, or lost later */
	PERSON_LEFT
};

struct person {
	struct people		*p_people;
	unsigned int		 p_index;
	enum person_state	 p_state;
	struct identity		 p_identity;
	char			 p_fp[IDENTITY_FP_STRLEN];
	struct link_shared	 p_shared;
	struct sigconn		*p_signal;
	struct quic_conn	*p_conn;	/* NULL: none */
};

/* Each may be NULL. */
struct people_ops {
	void	(*registered)(void *, struct person *);
	/* He does not try again. */
	void	(*lost)(void *, struct person *, const char *why);
	void	(*signal)(void *, struct person *, const struct signal *);
};

struct people_config {
	/* As many people of each; the first relay's come first. */
	const struct addr	*pc_relays;
	unsigned int		 pc_nrelays;
	unsigned int		 pc_sockets;	/* for each relay */
	unsigned int		 pc_n;		/* of all relays */
	/* The last ones do not prove that their key is theirs. */
	unsigned int		 pc_unproven;
	struct quic_limits	 pc_limits;	/* but for max_connections */
	bool			 pc_as_original;
	bool			 pc_classic;	/* bank.h */
	bool			 pc_quiet;	/* ends are not told */
	const struct people_ops	*pc_ops;
	void			*pc_arg;
};

/* NULL: errno. */
struct people	*people_new(const struct people_config *);
void		 people_free(struct people *);
struct bank	*people_bank(const struct people *);
struct person	*people_get(const struct people *, unsigned int);

/* Dials those who never were; a relay has a queue of handshakes. */
void		 people_dial(struct people *, unsigned int at_once);
/* Everybody is registered.  -1: somebody was lost, or it took too long. */
int		 people_register(struct people *, unsigned int limit_s);
unsigned int	 people_dialled(const struct people *);	/* so far */
unsigned int	 people_dialling(const struct people *);
unsigned int	 people_registered(const struct people *);
unsigned int	 people_lost(const struct people *);
void		 person_leave(struct person *);

/* A call ID of nobody else's. */
void		 people_call_id(char *, size_t);
/* Signals of a direct call.  -1: not sent. */
int		 person_offer(struct person *, const struct person *to,
		    const char *call_id);
int		 person_answer(struct person *, const char *call_id,
		    enum accept_mode);
int		 person_hang_up(struct person *, const char *call_id);

#endif /* WZP_BENCH_PEOPLE_H */
