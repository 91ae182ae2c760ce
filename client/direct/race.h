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
 * Relay or direct, as the original decides it (wzp-protocol 7.6): two dials,
 * who is first, a report to the other and its report.  Events and time go in,
 * decisions come out.
 */
#ifndef WZP_CLIENT_DIRECT_RACE_H
#define WZP_CLIENT_DIRECT_RACE_H

#include <stdbool.h>
#include <stdint.h>

struct race_ops {
	/* 1.0 s after the start: dial the relay. */
	void	(*dial_relay)(void *);
	/* Direct has had its time: abandon what is under way. */
	void	(*give_up_direct)(void *);
	/* MediaPathReport; winner: "Direct" or "Relay". */
	void	(*report)(void *, bool direct_ok, const char *winner);
	/*
	 * It is over.  direct: both have said that it works; otherwise the
	 * relay, whose dial may still have to be made.
	 */
	void	(*decided)(void *, bool direct);
};

struct race;

struct race	*race_new(const struct race_ops *, void *arg);
void		 race_free(struct race *);
/* CallSetup is being processed. */
void		 race_start(struct race *, uint64_t now);
void		 race_direct(struct race *, bool ok, uint64_t now);
void		 race_relay(struct race *, bool ok, uint64_t now);
/* The other's MediaPathReport; also when it comes before ours. */
void		 race_peer(struct race *, bool direct_ok);
/* One thing at a time: the next may be due at once. */
void		 race_expire(struct race *, uint64_t now);
/* UINT64_MAX: nothing to do. */
uint64_t	 race_expiry(const struct race *);

#endif /* WZP_CLIENT_DIRECT_RACE_H */
