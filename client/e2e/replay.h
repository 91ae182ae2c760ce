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
 * Which counters of one key were seen (RFC 9605, 9.3): a window of the last
 * 1024, so that loss and packets out of order do no harm and none is taken
 * twice.  1024 packets are 20 s of sound, more than any network holds back.
 */
#ifndef WZP_CLIENT_E2E_REPLAY_H
#define WZP_CLIENT_E2E_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#define REPLAY_WINDOW	1024

struct replay_window {
	bool		rw_any;		/* one was taken */
	uint64_t	rw_top;		/* the highest of them */
	uint64_t	rw_bits[REPLAY_WINDOW / 64];
};

void	 replay_clear(struct replay_window *);
/* Not taken yet, and not too old to tell. */
bool	 replay_fresh(const struct replay_window *, uint64_t);
/* Only what was fresh and has turned out to be authentic. */
void	 replay_take(struct replay_window *, uint64_t);

#endif /* WZP_CLIENT_E2E_REPLAY_H */
