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

/* The test auth server's own certificates, and a name server. */
#ifndef WZP_REGRESS_AUTH_H
#define WZP_REGRESS_AUTH_H

/*
 * Writes into a directory: ca.pem, another.pem (a CA that vouches for
 * nothing), and certificates with their keys signed by the first: good.pem
 * (localhost, auth.test, 127.0.0.1, ::1), name.pem (another name only) and
 * old.pem (good until yesterday).  -1: it said why.
 */
int	cert_make_all(const char *dir);

/* Serves until it is killed; writes the file once it does.  -1: it said why. */
int	name_server(const char *zone, int log, const char *ready);

#endif /* WZP_REGRESS_AUTH_H */
