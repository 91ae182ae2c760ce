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
 * Control clients: connections on the control sockets.  Each may say one
 * line within a time limit and reads its answer; whatever else it does costs
 * nobody but itself.
 */
#ifndef WZP_CONTROLD_CLIENT_H
#define WZP_CONTROLD_CLIENT_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

#define CLIENTS_MAX		64
#define CLIENT_REQUEST_MAX	256	/* bytes, with the newline */
#define CLIENT_REQUEST_S	5.	/* for the whole line */
#define CLIENT_STALL_S		10.	/* without reading a byte of ours */
#define CLIENT_ANSWER_MAX	(4 * 1024 * 1024)
/* What all of them together have not read yet. */
#define CLIENTS_ANSWERS_MAX	(16 * 1024 * 1024)
/* How long accept(2) rests when descriptors have run out. */
#define CLIENT_PAUSE_S		1.

struct client;
struct clients;

struct client_ops {
	/* One line, without its end. */
	void	(*request)(void *arg, struct client *, const char *, size_t);
	/* The client is freed after this. */
	void	(*gone)(void *arg, struct client *);
};

struct client_counters {
	unsigned long long	cn_accepted;
	unsigned long long	cn_refused;	/* too many at once */
	unsigned long long	cn_bad;		/* no request, or too slow */
	unsigned long long	cn_unread;	/* its answer was not read */
};

struct clients	*clients_new(struct ev_loop *, const struct client_ops *,
		    void *);
void		 clients_free(struct clients *);
/* Accepts on a listening socket, which it takes.  -1: no room for it. */
int		 clients_listen(struct clients *, int fd, bool read_only);
/* A connection made elsewhere (tests).  NULL: refused and closed. */
struct client	*client_new(struct clients *, int fd, bool read_only);
/* -1: it takes no more, the answer is too long. */
int		 client_line(struct client *, const char *, size_t);
/* That was all: it is closed when everything has been read. */
void		 client_done(struct client *);
/* "uid 0 pid 123, read-only", for the log. */
const char	*client_name(const struct client *);
bool		 client_read_only(const struct client *);
size_t		 clients_count(const struct clients *);
const struct client_counters
		*clients_counters(const struct clients *);

#endif /* WZP_CONTROLD_CLIENT_H */
