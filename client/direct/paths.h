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
 * Which way media goes: over the relay, directly, or for a moment both
 * (make before break).  The receiver takes whatever comes first (seal.h and the
 * jitter buffer leave out repetitions), so each side decides for itself.
 */
#ifndef WZP_CLIENT_DIRECT_PATHS_H
#define WZP_CLIENT_DIRECT_PATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum path {
	PATH_RELAY,
	PATH_DIRECT,
	PATHS
};

struct paths_ops {
	/* 0: sent; -1: not taken. */
	int	(*send)(void *, enum path, const uint8_t *, size_t);
	/* When anything last came on it (media, ACK, check); 0: never. */
	uint64_t (*heard)(void *, enum path);
	/* Media goes this way from now on; also the first time. */
	void	(*changed)(void *, enum path, const char *why);
	/* The direct path is silent: another one is to be looked for. */
	void	(*again)(void *);
};

struct paths;

struct paths	*paths_new(const struct paths_ops *, void *arg);
void		 paths_free(struct paths *);
/* It can carry media, or cannot any more. */
void		 paths_up(struct paths *, enum path, uint64_t now);
void		 paths_down(struct paths *, enum path, uint64_t now);
/* On the path in use, or on both.  0: one of them took it. */
int		 paths_send(struct paths *, const uint8_t *, size_t,
		    uint64_t now);
/*
 * Media of the other came on it, whether for the first time or not: who is
 * heard on the relay alone does not hear us directly.
 */
void		 paths_received(struct paths *, enum path, uint64_t now);
/* As last told to changed(). */
enum path	 paths_used(const struct paths *);
void		 paths_expire(struct paths *, uint64_t now);
/* UINT64_MAX: nothing to do. */
uint64_t	 paths_expiry(const struct paths *);

#endif /* WZP_CLIENT_DIRECT_PATHS_H */
