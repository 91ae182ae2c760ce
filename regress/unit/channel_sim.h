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
 * Channels in tests: two ends on one loop, or one end and a bare descriptor.
 */
#ifndef WZP_REGRESS_CHANNEL_SIM_H
#define WZP_REGRESS_CHANNEL_SIM_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ipc/channel.h"

/* An end, and what came to it. */
struct end {
	struct channel	*ch;
	unsigned int	 messages;
	unsigned int	 batches;
	uint64_t	 last_u64;
	int		 last_fd;
	bool		 broken;
	bool		 free_in_message;
	char		 why[200];
};

/* Bytes to send, not all the same. */
extern uint8_t		 filler[8192];
extern struct ev_loop	*loop;

/* As cmocka wants it. */
int	 channel_setup(void **state);
int	 channel_teardown(void **state);
/* The loop, as often as anything may still be on its way. */
void	 turn(void);
/* Two ends that have said hello; pa and pb are their processes. */
void	 pair_open(struct end *, enum proc pa, struct end *, enum proc pb,
	    bool data);
void	 end_close(struct end *);
/* An end, and what the test drives itself, byte by byte. */
int	 raw_open(struct end *, enum proc self, enum proc peer, bool data,
	    bool hello);
/* n times the same message. */
void	 raw_send(int sock, enum msg_type, const void *msg, unsigned int n);
/* A packet, and n times this descriptor with it. */
void	 raw_send_fds(int sock, const uint8_t *, int len, int fd, size_t n);

#endif /* WZP_REGRESS_CHANNEL_SIM_H */
