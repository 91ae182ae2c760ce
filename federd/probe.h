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
 * Probes between relays (wzp-protocol 10, gap 43): the health of configured
 * targets, answers to those who probe us, and who is where, as far as relays
 * tell each other.  Calls do not depend on any of it.
 *
 * Anybody gets a Pong.  Names of people go to, and are taken from, the hosts
 * of relayd.conf only: nothing on `_probe' proves who is there.
 */
#ifndef WZP_FEDERD_PROBE_H
#define WZP_FEDERD_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/addr.h"
#include "common/base/clock.h"
#include "common/ipc/messages.h"
#include "common/quic/endpoint.h"
#include "federd/digest.h"
#include "federd/quota.h"

#define PROBE_TARGETS_MAX	64
#define PROBE_WINDOW		60	/* pings that are judged by */
#define PROBE_PING_NS		(1 * NS_PER_S)
#define PROBE_GOSSIP_PINGS	10
#define PROBE_AGAIN_NS		(5 * NS_PER_S)
#define PROBE_ANSWER_NS		(15 * NS_PER_S)
/* A ping that is this old is lost until its Pong comes. */
#define PROBE_LOST_NS		(1 * NS_PER_S)
/* Numbers of our questions are told from those of peers.h by this bit. */
#define PROBE_SEQ		(UINT64_C(1) << 63)

struct probes;

struct probes_ops {
	/* MSG_NAME_QUERY, MSG_DIAL; -1: whoever is to answer is away. */
	int	(*resolve)(void *arg, const struct msg_name_query *);
	int	(*dial)(void *arg, const struct msg_dial *);
	/* quic_connect() with the name of probes; NULL: not now. */
	struct quic_conn
		*(*connect)(void *arg, unsigned int listener,
		    const struct addr *local, const struct addr *remote);
	void	(*release)(void *arg, unsigned int listener);
	/* Is this a host of the configuration?  Targets are known here. */
	bool	(*known)(void *arg, const struct addr *);
	/* Where others reach us, as seen from this local address. */
	void	(*address)(void *arg, const struct addr *local,
		    struct addr *own);
};

/* A target, or (target "") a relay that only told us of its people. */
struct probe_info {
	char		pi_target[HOST_STRLEN + 8];
	const char	*pi_state;
	bool		pi_measured;
	uint64_t	pi_rtt_us;	/* mean of the window */
	uint64_t	pi_jitter_us;	/* standard deviation */
	unsigned int	pi_loss_pct;
	unsigned int	pi_window;	/* pings in it */
	char		pi_relay[ADDR_STRLEN];	/* whose people these are */
	size_t		pi_people;
	uint64_t	pi_age_ns;	/* since it told last; 0: never */
};

struct probes_stats {
	uint64_t	pr_accepted;
	uint64_t	pr_pings;	/* answered */
	uint64_t	pr_queries;	/* answered */
	uint64_t	pr_refused;	/* of strangers: gossip, queries */
	uint64_t	pr_ignored;	/* other signals, unreadable ones */
	uint64_t	pr_limited;
	uint64_t	pr_excess;	/* people past a bound */
};

struct probes	*probes_new(const struct digest *, const struct probes_ops *,
		    void *arg);
void		 probes_free(struct probes *);
/* wall_ms: Unix time, for the stamps of pings (10.1). */
/* The limits that hold; before anything else. */
void		 probes_set_limiter(struct probes *, struct limiter *);
/* Tells it how much of them is used. */
void		 probes_usage(const struct probes *, struct limiter *);
void		 probes_set_time(struct probes *, uint64_t now,
		    uint64_t wall_ms);
uint64_t	 probes_expiry(const struct probes *);
void		 probes_expire(struct probes *);

/* The configuration, read anew as a whole. */
void		 probes_begin(struct probes *);
void		 probes_add(struct probes *, const struct msg_probe_target *);
void		 probes_end(struct probes *);

void		 probes_name_answer(struct probes *,
		    const struct msg_name_answer *);
/* false: this socket is not wanted any more. */
bool		 probes_socket(struct probes *, uint64_t id);
/* After that: the socket has this number, and is released later. */
void		 probes_dial(struct probes *, uint64_t id,
		    unsigned int listener, const struct addr *local,
		    const struct addr *remote);
void		 probes_dial_failed(struct probes *, uint64_t id);

/* From the endpoint's callbacks, for the name `_probe'. */
void		 probes_established(struct probes *, struct quic_conn *);
void		 probes_message(struct probes *, struct quic_conn *,
		    const uint8_t *, size_t);
void		 probes_closed(struct probes *, struct quic_conn *);
/* No new ones; those there are end. */
void		 probes_stop(struct probes *);
size_t		 probes_count(const struct probes *);

/* Row by row; begin with *iter 0.  false: that was all. */
bool		 probes_info(const struct probes *, size_t *iter,
		    struct probe_info *);
const struct probes_stats
		*probes_stats(const struct probes *);

#endif /* WZP_FEDERD_PROBE_H */
