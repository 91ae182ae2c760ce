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
 * libcurl's multi interface on libev (see http.h).  libcurl tells which
 * sockets and which time it waits for; every event goes to
 * curl_multi_socket_action(), after which finished requests are collected.
 *
 * HTTP/1.1 only and no redirects: a token goes to the configured server and
 * nowhere else, and less of libcurl reads that server's bytes.
 */

#include "config.h"

#include <sys/queue.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "common/base/log.h"
#include "lookupd/http.h"

struct http_request {
	LIST_ENTRY(http_request) hr_entry;
	struct http		*hr_http;
	CURL			*hr_easy;
	struct curl_slist	*hr_resolve;
	void			*hr_arg;
	char			*hr_body;	/* of the answer */
	size_t			 hr_len;
	size_t			 hr_cap;
	bool			 hr_too_long;
	char			 hr_error[CURL_ERROR_SIZE];
};

LIST_HEAD(http_requests, http_request);

struct http_socket {
	LIST_ENTRY(http_socket)	 hs_entry;
	struct http		*hs_http;
	ev_io			 hs_io;
};

struct http {
	struct ev_loop		*ht_loop;
	const struct target	*ht_target;
	CURLM			*ht_multi;
	struct curl_slist	*ht_headers;
	char			*ht_resolve;	/* host:port:addresses */
	http_done		*ht_done;
	size_t			 ht_body_max;
	ev_timer		 ht_timer;
	size_t			 ht_busy;
	struct http_requests	 ht_requests;	/* under way */
	struct http_requests	 ht_idle;	/* to be used again */
	LIST_HEAD(, http_socket) ht_sockets;
};

static int	 http_socket(CURL *, curl_socket_t, int, void *, void *);
static int	 http_set_timer(CURLM *, long, void *);
static void	 http_readable(struct ev_loop *, ev_io *, int);
static void	 http_timeout(struct ev_loop *, ev_timer *, int);
static size_t	 http_write(char *, size_t, size_t, void *);
static struct http_request
		*http_request_new(struct http *);
static int	 http_request_set(struct http_request *);
static void	 http_request_free(struct http_request *);
static void	 http_collect(struct http *);
static void	 http_finish(struct http_request *, CURLcode);

struct http *
http_new(struct ev_loop *loop, const struct target *target, size_t body_max,
    http_done *done)
{
	struct http	*h;
	CURLMcode	 error;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		log_warnx("libcurl does not start");
		return (NULL);
	}
	if ((h = calloc(1, sizeof(*h))) == NULL) {
		log_warn("http");
		return (NULL);
	}
	h->ht_loop = loop;
	h->ht_target = target;
	h->ht_body_max = body_max;
	h->ht_done = done;
	LIST_INIT(&h->ht_requests);
	LIST_INIT(&h->ht_idle);
	LIST_INIT(&h->ht_sockets);
	ev_timer_init(&h->ht_timer, http_timeout, 0., 0.);
	h->ht_timer.data = h;
	/* The empty one: no "100 Continue" is waited for. */
	h->ht_headers = curl_slist_append(NULL,
	    "Content-Type: application/json");
	if (h->ht_headers == NULL ||
	    curl_slist_append(h->ht_headers, "Expect:") == NULL ||
	    (h->ht_multi = curl_multi_init()) == NULL)
		goto fail;
	error = curl_multi_setopt(h->ht_multi, CURLMOPT_SOCKETFUNCTION,
	    http_socket);
	if (error == CURLM_OK)
		error = curl_multi_setopt(h->ht_multi, CURLMOPT_SOCKETDATA,
		    h);
	if (error == CURLM_OK)
		error = curl_multi_setopt(h->ht_multi, CURLMOPT_TIMERFUNCTION,
		    http_set_timer);
	if (error == CURLM_OK)
		error = curl_multi_setopt(h->ht_multi, CURLMOPT_TIMERDATA, h);
	if (error == CURLM_OK)
		error = curl_multi_setopt(h->ht_multi, CURLMOPT_MAXCONNECTS,
		    (long)HTTP_PARALLEL);
	if (error == CURLM_OK)
		error = curl_multi_setopt(h->ht_multi,
		    CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)HTTP_PARALLEL);
	if (error != CURLM_OK)
		goto fail;
	return (h);
fail:
	log_warnx("libcurl does not start");
	http_free(h);
	return (NULL);
}

void
http_free(struct http *h)
{
	struct http_request	*hr;
	struct http_socket	*hs;

	while ((hr = LIST_FIRST(&h->ht_requests)) != NULL)
		http_cancel(hr);
	while ((hr = LIST_FIRST(&h->ht_idle)) != NULL) {
		LIST_REMOVE(hr, hr_entry);
		http_request_free(hr);
	}
	if (h->ht_multi != NULL)
		curl_multi_cleanup(h->ht_multi);
	while ((hs = LIST_FIRST(&h->ht_sockets)) != NULL) {
		ev_io_stop(h->ht_loop, &hs->hs_io);
		LIST_REMOVE(hs, hs_entry);
		free(hs);
	}
	ev_timer_stop(h->ht_loop, &h->ht_timer);
	curl_slist_free_all(h->ht_headers);
	free(h->ht_resolve);
	free(h);
	curl_global_cleanup();
}

/*
 * An entry of libcurl's cache of names, which has no end of life and
 * replaces the one before it.  Every request brings it along, so libcurl's
 * own resolver (a thread with files to read) is never asked.
 */
int
http_addresses(struct http *h, const struct addr *addrs, size_t n)
{
	char	 entry[TARGET_HOST_LEN + 16 + 8 * ADDR_STRLEN];
	char	 text[ADDR_STRLEN], *copy, *port;
	size_t	 i, len;

	if (n == 0)
		return (-1);
	len = (size_t)snprintf(entry, sizeof(entry), "%s:%u:",
	    h->ht_target->tg_host, (unsigned int)h->ht_target->tg_port);
	for (i = 0; i < n && i < 8; i++) {
		addr_print(&addrs[i], text, sizeof(text));
		if ((port = strrchr(text, ':')) != NULL)
			*port = '\0';
		len += (size_t)snprintf(entry + len, sizeof(entry) - len,
		    "%s%s", i > 0 ? "," : "", text);
	}
	if ((copy = strdup(entry)) == NULL)
		return (-1);
	free(h->ht_resolve);
	h->ht_resolve = copy;
	return (0);
}

/* Requests. */

static struct http_request *
http_request_new(struct http *h)
{
	struct http_request	*hr;

	if ((hr = LIST_FIRST(&h->ht_idle)) != NULL) {
		LIST_REMOVE(hr, hr_entry);
		return (hr);
	}
	if ((hr = calloc(1, sizeof(*hr))) == NULL)
		return (NULL);
	hr->hr_http = h;
	if ((hr->hr_easy = curl_easy_init()) == NULL ||
	    http_request_set(hr) == -1) {
		http_request_free(hr);
		return (NULL);
	}
	return (hr);
}

#define SET(option, value)	do {					\
	if ((error = curl_easy_setopt(easy, option, value)) != CURLE_OK) \
		goto fail;						\
} while (0)

/* What all requests have in common. */
static int
http_request_set(struct http_request *hr)
{
	struct http	*h = hr->hr_http;
	struct curl_blob blob;
	CURL		*easy = hr->hr_easy;
	CURLcode	 error;

	SET(CURLOPT_URL, h->ht_target->tg_url);
	SET(CURLOPT_PROTOCOLS_STR, h->ht_target->tg_tls ? "https" : "http");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_POST, 1L);
	SET(CURLOPT_HTTPHEADER, h->ht_headers);
	SET(CURLOPT_USERAGENT, "wzp/" PACKAGE_VERSION);
	/* The environment and the home directory are not asked. */
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_TCP_KEEPALIVE, 0L);
	/* Seconds; a server that moves is found although the old one lives. */
	SET(CURLOPT_MAXLIFETIME_CONN, 300L);
	SET(CURLOPT_WRITEFUNCTION, http_write);
	SET(CURLOPT_WRITEDATA, hr);
	SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)h->ht_body_max);
	SET(CURLOPT_ERRORBUFFER, hr->hr_error);
	SET(CURLOPT_PRIVATE, hr);
	if (h->ht_target->tg_tls) {
		blob.data = h->ht_target->tg_ca;
		blob.len = h->ht_target->tg_ca_len;
		blob.flags = CURL_BLOB_NOCOPY;
		SET(CURLOPT_CAINFO_BLOB, &blob);
		/* The system's folder of them as well is the default. */
		SET(CURLOPT_CAPATH, NULL);
		SET(CURLOPT_SSL_VERIFYPEER, 1L);
		SET(CURLOPT_SSL_VERIFYHOST, 2L);
		SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	}
	return (0);
fail:
	log_warnx("libcurl: %s", curl_easy_strerror(error));
	return (-1);
}

static void
http_request_free(struct http_request *hr)
{
	if (hr->hr_easy != NULL)
		curl_easy_cleanup(hr->hr_easy);
	curl_slist_free_all(hr->hr_resolve);
	free(hr->hr_body);
	free(hr);
}

struct http_request *
http_post(struct http *h, const char *body, size_t len,
    unsigned int limit_ms, void *arg)
{
	struct http_request	*hr;
	CURL			*easy;
	CURLcode		 error;

	if (h->ht_busy == HTTP_PARALLEL ||
	    (hr = http_request_new(h)) == NULL)
		return (NULL);
	easy = hr->hr_easy;
	hr->hr_arg = arg;
	hr->hr_len = 0;
	hr->hr_too_long = false;
	hr->hr_error[0] = '\0';
	curl_slist_free_all(hr->hr_resolve);
	hr->hr_resolve = NULL;
	if (h->ht_resolve != NULL &&
	    (hr->hr_resolve = curl_slist_append(NULL, h->ht_resolve)) == NULL)
		goto drop;
	SET(CURLOPT_RESOLVE, hr->hr_resolve);
	SET(CURLOPT_POSTFIELDS, body);
	SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
	/* 0 would be none. */
	SET(CURLOPT_TIMEOUT_MS, limit_ms > 0 ? (long)limit_ms : 1L);
	if (curl_multi_add_handle(h->ht_multi, easy) != CURLM_OK)
		goto drop;
	LIST_INSERT_HEAD(&h->ht_requests, hr, hr_entry);
	h->ht_busy++;
	return (hr);
fail:
	log_warnx("libcurl: %s", curl_easy_strerror(error));
drop:
	http_request_free(hr);
	return (NULL);
}

void
http_cancel(struct http_request *hr)
{
	struct http	*h = hr->hr_http;

	curl_multi_remove_handle(h->ht_multi, hr->hr_easy);
	/* The body of the next request is another one. */
	curl_easy_setopt(hr->hr_easy, CURLOPT_POSTFIELDS, NULL);
	if (hr->hr_body != NULL)
		explicit_bzero(hr->hr_body, hr->hr_len);
	LIST_REMOVE(hr, hr_entry);
	LIST_INSERT_HEAD(&h->ht_idle, hr, hr_entry);
	h->ht_busy--;
}

static size_t
http_write(char *data, size_t one, size_t n, void *arg)
{
	struct http_request	*hr = arg;
	size_t			 cap;
	char			*p;

	(void)one;		/* always 1 */
	if (n > hr->hr_http->ht_body_max - hr->hr_len) {
		hr->hr_too_long = true;
		return (0);
	}
	if (n > hr->hr_cap - hr->hr_len) {
		cap = hr->hr_len + n < 1024 ? 1024 : hr->hr_http->ht_body_max;
		if ((p = realloc(hr->hr_body, cap)) == NULL)
			return (0);
		hr->hr_body = p;
		hr->hr_cap = cap;
	}
	memcpy(hr->hr_body + hr->hr_len, data, n);
	hr->hr_len += n;
	return (n);
}

static void
http_collect(struct http *h)
{
	struct http_request	*hr;
	CURLMsg			*msg;
	CURLcode		 result;
	int			 left;

	while ((msg = curl_multi_info_read(h->ht_multi, &left)) != NULL) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		/* msg is gone once its handle is removed. */
		result = msg->data.result;
		if (curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE,
		    (char **)&hr) == CURLE_OK)
			http_finish(hr, result);
	}
}

static void
http_finish(struct http_request *hr, CURLcode result)
{
	struct http	*h = hr->hr_http;
	enum http_end	 end;
	char		 why[CURL_ERROR_SIZE + 64];
	long		 status = 0;

	why[0] = '\0';
	curl_easy_getinfo(hr->hr_easy, CURLINFO_RESPONSE_CODE, &status);
	if (hr->hr_too_long || result == CURLE_FILESIZE_EXCEEDED) {
		end = HTTP_TOO_LONG;
		snprintf(why, sizeof(why), "the answer is too long");
	} else if (result != CURLE_OK) {
		end = result == CURLE_COULDNT_CONNECT ||
		    result == CURLE_OPERATION_TIMEDOUT ? HTTP_UNREACHABLE :
		    HTTP_FAILED;
		snprintf(why, sizeof(why), "%s", hr->hr_error[0] != '\0' ?
		    hr->hr_error : curl_easy_strerror(result));
	} else if (status < 200 || status > 299) {
		end = HTTP_STATUS;
		snprintf(why, sizeof(why), "HTTP status %ld%s", status,
		    status / 100 == 3 ? " (redirects are not followed)" : "");
	} else
		end = HTTP_OK;
	/* Out of libcurl first: the callback may post the next one. */
	curl_multi_remove_handle(h->ht_multi, hr->hr_easy);
	curl_easy_setopt(hr->hr_easy, CURLOPT_POSTFIELDS, NULL);
	LIST_REMOVE(hr, hr_entry);
	h->ht_busy--;
	h->ht_done(hr->hr_arg, end, hr->hr_len > 0 ? hr->hr_body : "",
	    hr->hr_len, why);
	if (hr->hr_body != NULL)
		explicit_bzero(hr->hr_body, hr->hr_len);
	LIST_INSERT_HEAD(&h->ht_idle, hr, hr_entry);
}

/* Sockets and time. */

static int
http_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *data)
{
	struct http_socket	*hs = data;
	struct http		*h = arg;
	int			 events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (hs != NULL) {
			ev_io_stop(h->ht_loop, &hs->hs_io);
			LIST_REMOVE(hs, hs_entry);
			free(hs);
		}
		curl_multi_assign(h->ht_multi, fd, NULL);
		return (0);
	}
	if (hs == NULL) {
		if ((hs = calloc(1, sizeof(*hs))) == NULL)
			return (-1);
		hs->hs_http = h;
		ev_io_init(&hs->hs_io, http_readable, fd, 0);
		hs->hs_io.data = hs;
		LIST_INSERT_HEAD(&h->ht_sockets, hs, hs_entry);
		curl_multi_assign(h->ht_multi, fd, hs);
	}
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		events |= EV_READ;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		events |= EV_WRITE;
	ev_io_stop(h->ht_loop, &hs->hs_io);
	ev_io_set(&hs->hs_io, fd, events);
	ev_io_start(h->ht_loop, &hs->hs_io);
	return (0);
}

static void
http_readable(struct ev_loop *loop, ev_io *io, int events)
{
	struct http_socket	*hs = io->data;
	struct http		*h = hs->hs_http;
	int			 running, what = 0;

	(void)loop;
	if ((events & EV_READ) != 0)
		what |= CURL_CSELECT_IN;
	if ((events & EV_WRITE) != 0)
		what |= CURL_CSELECT_OUT;
	/* hs may be gone after this. */
	(void)curl_multi_socket_action(h->ht_multi, io->fd, what, &running);
	http_collect(h);
}

static int
http_set_timer(CURLM *multi, long ms, void *arg)
{
	struct http	*h = arg;

	(void)multi;
	ev_timer_stop(h->ht_loop, &h->ht_timer);
	if (ms >= 0) {
		ev_now_update(h->ht_loop);
		ev_timer_set(&h->ht_timer, (double)ms / 1000., 0.);
		ev_timer_start(h->ht_loop, &h->ht_timer);
	}
	return (0);
}

static void
http_timeout(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct http	*h = timer->data;
	int		 running;

	(void)loop;
	(void)events;
	(void)curl_multi_socket_action(h->ht_multi, CURL_SOCKET_TIMEOUT, 0,
	    &running);
	http_collect(h);
}
