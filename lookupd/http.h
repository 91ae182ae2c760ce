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
 * HTTP POSTs to the one auth server, by libcurl on the event loop.  Nothing
 * here reads a file or asks a resolver once http_new() has returned, and no
 * thread is ever made: addresses are given to it (http_addresses()).
 */
#ifndef WZP_LOOKUPD_HTTP_H
#define WZP_LOOKUPD_HTTP_H

#include <ev.h>
#include <stddef.h>

#include "common/base/addr.h"
#include "lookupd/target.h"

/*
 * Requests under way at once.  A connection is set up for about 20 ms of
 * processor time (the certificates are read for each), then it is kept.
 */
#define HTTP_PARALLEL	64

struct http;
struct http_request;

enum http_end {
	HTTP_OK,		/* 2xx */
	HTTP_STATUS,		/* another status */
	HTTP_TOO_LONG,		/* of body */
	HTTP_UNREACHABLE,	/* nobody there: the address may be old */
	HTTP_FAILED		/* anything else */
};

/*
 * The end of a request: body is good during the call; why is for the log
 * and may hold words of the server, "" when OK.
 */
typedef void http_done(void *arg, enum http_end, const char *body,
    size_t len, const char *why);

/* The target's strings are used as long as this lives.  NULL: logged. */
struct http	*http_new(struct ev_loop *, const struct target *,
		    size_t body_max, http_done *);
void		 http_free(struct http *);
/* Where the target's host is, for requests from now on. */
int		 http_addresses(struct http *, const struct addr *, size_t);
/*
 * body stays the caller's and must live until the end.  NULL: HTTP_PARALLEL
 * are under way, or no memory.
 */
struct http_request
		*http_post(struct http *, const char *body, size_t len,
		    unsigned int limit_ms, void *arg);
/* No call of http_done for it. */
void		 http_cancel(struct http_request *);

#endif /* WZP_LOOKUPD_HTTP_H */
