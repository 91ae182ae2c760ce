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
 * What all workers share: the channel to relayd on descriptor 3, the set-up
 * conversation, logging over it, channels to neighbours, entering the
 * sandbox, orderly shutdown, and control queries about the worker itself.
 */
#ifndef WZP_WORKER_H
#define WZP_WORKER_H

#include <ev.h>

#include "common/ipc/channel.h"
#include "common/ipc/row.h"
#include "common/ipc/slots.h"

struct worker;

struct worker_ops {
	enum proc	role;
	/*
	 * Control messages to neighbours (keyd apart) leave together, before
	 * the loop waits or with worker_flush().
	 */
	bool		gathers;
	/*
	 * All optional.  Called during set-up, before start; settings, slot
	 * and the two keys also later, when something changed.
	 */
	void	(*settings)(struct worker *, const struct msg_settings *);
	void	(*slot)(struct worker *, const struct msg_slot *);
	void	(*token_key)(struct worker *, const struct msg_token_key *);
	void	(*ticket_key)(struct worker *, const struct msg_ticket_key *);
	void	(*auth_url)(struct worker *, const struct msg_auth_url *);
	void	(*listen)(struct worker *, const struct msg_listen *);
	void	(*udp_socket)(struct worker *, const struct msg_udp_socket *,
		    int fd);
	void	(*control_socket)(struct worker *,
		    const struct msg_control_socket *, int fd);
	/*
	 * federd: MSG_PEERS_BEGIN to MSG_PEERS_END, in set-up and again when
	 * the configuration was read anew; while it serves, the answers to
	 * MSG_DIAL.  fd: -1, or the role's from here on.
	 */
	void	(*federation)(struct worker *, enum msg_type,
		    const void *msg, int fd);
	/* keyd */
	void	(*seed)(struct worker *, const uint8_t seed[32]);
	/*
	 * A neighbour's channel arrived: in set-up, and again later whenever
	 * that neighbour was restarted (the old one was reported lost).
	 */
	void	(*channel)(struct worker *, struct channel *, bool data);
	void	(*channel_lost)(struct worker *, enum proc, unsigned int
		    instance, bool data);
	/*
	 * Before the sandbox: open what needs the file system, load libraries
	 * and random state.  -1: the worker gives up (logged, exit 1).
	 */
	int	(*start)(struct worker *);
	/* Inside the sandbox: serve.  May use channel_ask to keyd. */
	int	(*serve)(struct worker *);
	/*
	 * Messages from neighbours (not relayd's own); arg is the struct
	 * worker.  CTL_STATS is answered before it gets here.
	 */
	channel_handler	*message;
	void	(*batch_end)(struct channel *, void *arg);
	/*
	 * MSG_SHUTDOWN: finish, then call worker_exit(); after the deadline
	 * relayd kills.  Without it the worker exits at once.  (Workers
	 * ignore SIGTERM and SIGINT: those reach a whole group, and relayd
	 * ends its workers in order.)
	 */
	void	(*shutdown)(struct worker *, uint64_t deadline_ms);
	/* Rows for CTL_STATS (counters of this worker). */
	void	(*stats)(struct worker *, struct row *);
};

/* The main of every worker; ctx is handed back by worker_ctx(). */
int		 worker_main(int argc, char **argv, const struct worker_ops *,
		    void *ctx);
void		*worker_ctx(struct worker *);
struct ev_loop	*worker_loop(struct worker *);
enum proc	 worker_role(const struct worker *);
unsigned int	 worker_instance(const struct worker *);
/* NULL while that neighbour is away. */
struct channel	*worker_channel(struct worker *, enum proc,
		    unsigned int instance);
struct channel	*worker_data_channel(struct worker *, enum proc,
		    unsigned int instance);
/*
 * To relayd, as channel_send(); not before serve() returned, because until
 * MSG_READY relayd takes nothing else.
 */
int		 worker_relayd_send(struct worker *, enum msg_type,
		    const void *);
const struct msg_settings *worker_settings(const struct worker *);
/* The table of slots, kept up to date; and the own slot, -1: has none. */
const struct slots *worker_slots(const struct worker *);
int		 worker_slot(const struct worker *);
/* What was said to neighbours in this turn leaves now. */
void		 worker_flush(struct worker *);
/* Ends worker_main() with this status when the event loop is reached. */
void		 worker_exit(struct worker *, int status);
/*
 * A neighbour's message was malformed in a way only we could see: its channel
 * is closed (and channel_lost called) at once.
 */
void		 worker_blame(struct worker *, struct channel *,
		    const char *reason);
/* CTL_QUERY answers: rows, then the end; error NULL or "": none. */
void		 worker_ctl_row(struct channel *, uint64_t id,
		    const struct row *);
void		 worker_ctl_end(struct channel *, uint64_t id,
		    const char *error);
/* The whole answer to CTL_LIMITS. */
struct limiter;
void		 worker_ctl_limits(struct channel *,
		    const struct msg_ctl_query *, struct limiter *,
		    uint64_t now);

#endif /* WZP_WORKER_H */
