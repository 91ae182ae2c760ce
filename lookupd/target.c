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

/* See target.h.  The URL comes from the configuration, so it is trusted. */

#include "config.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <netinet/in.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>

#include "common/base/log.h"
#include "lookupd/target.h"

/* Debian's file of all certificates is 220 KB. */
#define CA_MAX		(8 * 1024 * 1024)

static const char	*target_part(CURLU *, CURLUPart, unsigned int, char *,
			    size_t);

/* "" for a part that is not there; NULL: it is too long. */
static const char *
target_part(CURLU *u, CURLUPart part, unsigned int flags, char *buf,
    size_t cap)
{
	char	*text;
	size_t	 len;

	buf[0] = '\0';
	if (curl_url_get(u, part, &text, flags) != CURLUE_OK)
		return (buf);
	len = strlcpy(buf, text, cap);
	curl_free(text);
	return (len < cap ? buf : NULL);
}

const char *
target_parse(struct target *t, const char *url)
{
	struct in6_addr	 address;
	const char	*why = NULL;
	CURLU		*u;
	char		 buf[AUTH_URL_LEN], host[TARGET_HOST_LEN + 2];
	const char	*error;
	size_t		 len;

	memset(t, 0, sizeof(*t));
	if (strlcpy(t->tg_url, url, sizeof(t->tg_url)) >= sizeof(t->tg_url))
		return ("too long");
	if ((u = curl_url()) == NULL)
		return ("no memory");
	if (curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK) {
		why = "not a URL";
		goto done;
	}
	(void)target_part(u, CURLUPART_SCHEME, 0, buf, sizeof(buf));
	if (strcmp(buf, "https") == 0)
		t->tg_tls = true;
	else if (strcmp(buf, "http") != 0) {
		why = "neither http nor https";
		goto done;
	}
	/* It would become an Authorization header (wzp-protocol 5.2: none). */
	if (target_part(u, CURLUPART_USER, 0, buf, sizeof(buf)) == NULL ||
	    buf[0] != '\0' ||
	    target_part(u, CURLUPART_PASSWORD, 0, buf, sizeof(buf)) == NULL ||
	    buf[0] != '\0') {
		why = "a user or password has no place in it";
		goto done;
	}
	if (target_part(u, CURLUPART_FRAGMENT, 0, buf, sizeof(buf)) == NULL ||
	    buf[0] != '\0') {
		why = "a fragment has no place in it";
		goto done;
	}
	(void)target_part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT, buf,
	    sizeof(buf));
	t->tg_port = (uint16_t)strtonum(buf, 1, 65535, &error);
	if (error != NULL) {
		why = "its port is none";
		goto done;
	}
	if (target_part(u, CURLUPART_HOST, 0, host, sizeof(host)) == NULL ||
	    (len = strlen(host)) == 0) {
		why = "no host";
		goto done;
	}
	if (host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		memmove(host, host + 1, len - 1);
	}
	if (strlcpy(t->tg_host, host, sizeof(t->tg_host)) >=
	    sizeof(t->tg_host))
		why = "its host is too long";
	t->tg_literal = inet_pton(AF_INET, host, &address) == 1 ||
	    inet_pton(AF_INET6, host, &address) == 1;
done:
	curl_url_cleanup(u);
	return (why);
}

int
target_load_ca(struct target *t, const char *path)
{
	const curl_version_info_data	*curl;
	struct stat			 st;
	ssize_t				 n;
	int				 fd;

	if (!t->tg_tls)
		return (0);
	if (path[0] == '\0') {
		curl = curl_version_info(CURLVERSION_NOW);
		if (curl->age < CURLVERSION_TENTH || curl->cainfo == NULL) {
			log_warnx("libcurl knows no file of certificates: "
			    "`auth ca' has to name one");
			return (-1);
		}
		path = curl->cainfo;
	}
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1 ||
	    fstat(fd, &st) == -1) {
		log_warn("auth ca: %s", path);
		goto fail;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > CA_MAX) {
		log_warnx("auth ca: %s: not a file of at most %d bytes", path,
		    CA_MAX);
		goto fail;
	}
	if ((t->tg_ca = malloc((size_t)st.st_size + 1)) == NULL) {
		log_warn("auth ca");
		goto fail;
	}
	while ((n = read(fd, t->tg_ca + t->tg_ca_len,
	    (size_t)st.st_size - t->tg_ca_len)) > 0)
		t->tg_ca_len += (size_t)n;
	if (n == -1) {
		log_warn("auth ca: %s", path);
		goto fail;
	}
	t->tg_ca[t->tg_ca_len] = '\0';
	if (strstr(t->tg_ca, "-----BEGIN CERTIFICATE-----") == NULL) {
		log_warnx("auth ca: %s: no certificate in it", path);
		goto fail;
	}
	close(fd);
	return (0);
fail:
	if (fd != -1)
		close(fd);
	free(t->tg_ca);
	t->tg_ca = NULL;
	return (-1);
}
