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
 * wzp-bench: what a datagram and a signal between two relays cost.  load.c
 * has the clients of both relays in one process, plain.c the same datagrams
 * without a relay, main.c the processes that are measured and the figures.
 */
#ifndef WZP_BENCH_BENCH_H
#define WZP_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/addr.h"

#define BENCH_FRAME_MS	20
/* A MediaPacket: 20 ms of Opus at 24 kbit/s and what is around it. */
#define BENCH_MEDIA_LEN	120
/* The same as a QUIC packet: header, frame header, tag. */
#define BENCH_PLAIN_LEN	151

struct load;

/* What came of one direction, or of the signals. */
struct figures {
	uint64_t	fi_sent;
	uint64_t	fi_delivered;
	uint64_t	fi_refused;	/* not taken by our own QUIC */
	double		fi_seconds;
	double		fi_delay_ms;	/* mean, one way */
	double		fi_delay_99_ms;
};

/* `pairs' people at each relay, two by two; a, b: the relays' ports. */
struct load	*load_new(const struct addr *a, const struct addr *b,
		    unsigned int pairs);
void		 load_free(struct load *);
/* Everybody is registered.  -1: too late. */
int		 load_register(struct load *, unsigned int limit_s);
/*
 * Those of a have called their partners at b, and each is in the room of the
 * call and sees the other.  -1: too late.
 */
int		 load_join(struct load *, unsigned int limit_s);
/* 50 datagrams a second of each of one side: 0, those of a. */
void		 load_media(struct load *, unsigned int side,
		    unsigned int seconds, struct figures *);
/*
 * Those of a call their partners at b, who reject: calls a second of all
 * together.  Sent and delivered are the calls; fi_signals those that went
 * from one relay to the other.
 */
void		 load_calls(struct load *, unsigned int per_s,
		    unsigned int seconds, struct figures *,
		    uint64_t *signals);

/*
 * A forwarder of another process, which has nothing to do but recvmmsg(2) and
 * sendmmsg(2): microseconds of its CPU for each datagram.  -1: failed.
 */
int		 plain_run(unsigned int per_s, unsigned int seconds,
		    struct figures *, double *us);

/* utime + stime of a process, in seconds; -1: it is not there. */
double		 cpu_of(long pid);

#endif /* WZP_BENCH_BENCH_H */
