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
 * A channel: one end of a SOCK_SEQPACKET pair to a neighbour process, on a
 * libev loop.  Data channels never queue: full means dropped and counted,
 * however slow their reader is.  Control channels lose nothing: they queue
 * what the kernel does not take.  A reader that is merely slow costs its
 * neighbour that memory and nothing else; who lets CHANNEL_QUEUE_MAX bytes
 * pile up does not read, and is blamed.  What can be left out (rows for the
 * control tool, log lines, interim statistics) therefore stops well before:
 * see channel_slow().
 */
#ifndef WZP_IPC_CHANNEL_H
#define WZP_IPC_CHANNEL_H

#include <sys/types.h>

#include <ev.h>

#include "common/ipc/messages.h"

#define CHANNEL_QUEUE_MAX	(4 * 1024 * 1024)
#define CHANNEL_SLOW		(1 * 1024 * 1024)
/* Packets on data channels: a datagram of 2048 bytes and its addresses. */
#define CHANNEL_DATA_MAX	2304
#define CHANNEL_BATCH		64	/* messages of one flush or data read */
/*
 * A control channel is read until it is empty; a neighbour that writes as
 * fast as we read gets this many messages a turn.  It is more than the kernel
 * holds of the smallest ones.
 */
#define CHANNEL_DRAIN		1024

/*
 * Priorities of watchers in a worker's loop.  libev calls those of higher
 * priority first, so in each turn everything that arrived on control channels
 * has been handled before the first datagram is looked at: an admission is
 * known when the CallOffer comes that needs it.
 */
#define CHANNEL_PRIORITY_CONTROL	2
#define CHANNEL_PRIORITY_DATA		0
#define CHANNEL_PRIORITY_SOCKET		0	/* UDP, of network workers */

struct channel;

/* msg points at the C struct of type; fd is -1 or now the handler's. */
typedef void channel_handler(struct channel *, void *arg,
    enum msg_type type, const void *msg, int fd);

struct channel_ops {
	/* Called for every message that the table allows here and now. */
	channel_handler	*message;
	/*
	 * The channel is dead: why == NULL when the peer closed it, else what
	 * the peer did wrong (report it as blame).  Free it in here or later.
	 */
	void		(*broken)(struct channel *, void *arg, const char *why);
	/* Optional: end of the batch of messages that one wake-up brought. */
	void		(*batch_end)(struct channel *, void *arg);
};

/* relayd: a connected pair, buffers sized for its kind.  -1 and errno. */
int		 channel_pair(int fds[2], bool data);
/* Number of this process among those of its role; goes into every hello. */
void		 channel_set_instance(unsigned int);
/*
 * Takes the descriptor.  self is our own role, peer the other end's.  Sends
 * our hello; the peer's is checked before anything else of it is looked at.
 * Two workers listen to each other only in state MSG_AT_SERVE: until then
 * what the neighbour sends stays in the socket.
 */
struct channel	*channel_new(struct ev_loop *, int fd, enum proc self,
		    enum proc peer, unsigned int peer_instance, bool data,
		    const struct channel_ops *, void *arg);
void		 channel_free(struct channel *);
/*
 * 0; -1: dropped (data channel full, ENOBUFS), not encodable (EINVAL,
 * EMSGSIZE) or broken (EPIPE).  The descriptor stays the caller's.
 */
int		 channel_send(struct channel *, enum msg_type, const void *);
int		 channel_send_fd(struct channel *, enum msg_type, const void *,
		    int fd);
/* Wipes what the last message, in or out, left in our buffers (a seed). */
void		 channel_wipe(void);
/*
 * Data channels: queue into the batch, then one sendmmsg(2).  Every user
 * flushes at the end of its turn.
 */
int		 channel_queue(struct channel *, enum msg_type, const void *);
void		 channel_flush(struct channel *);
/*
 * For a control channel with many messages and no descriptors, that is not
 * asked: from now on channel_send() collects in the same way, CHANNEL_BATCH
 * messages at most, and what came is read in batches.  What does not fit the
 * kernel is queued by channel_flush() as ever.  0 of channel_send() then only
 * says that there is a channel.
 */
void		 channel_gather(struct channel *);
/* Which of MSG_AT_SETUP (at first) / MSG_AT_SERVE the receiver is in. */
void		 channel_set_state(struct channel *, uint8_t);
/*
 * Blocking round trip for keyd requests: sends, then waits up to limit_ms,
 * whatever else arrives meanwhile, for a message of type want, which lands in
 * out (MSG_STRUCT_MAX bytes);
 * older answers in between are dropped by the caller comparing seq, who then
 * asks again with msg NULL: only waits.  Messages of other types that come
 * in between are lost; keyd sends none.  Byte strings in out are valid until
 * the next ask.
 */
int		 channel_ask(struct channel *, enum msg_type, const void *,
		    enum msg_type want, void *out, int limit_ms);
enum proc	 channel_peer(const struct channel *);
unsigned int	 channel_peer_instance(const struct channel *);
int		 channel_fd(const struct channel *);
bool		 channel_is_data(const struct channel *);
/* As its hello said; 0 before that. */
pid_t		 channel_peer_pid(const struct channel *);
uint64_t	 channel_dropped(const struct channel *);
size_t		 channel_queued(const struct channel *);	/* bytes */
/* More than CHANNEL_SLOW bytes wait: leave out what can be left out. */
bool		 channel_slow(const struct channel *);

#endif /* WZP_IPC_CHANNEL_H */
