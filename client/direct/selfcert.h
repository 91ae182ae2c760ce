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
 * The certificate with which a client answers those who dial it: a key of this
 * process alone, that says nothing about the person.  Who is at the other end
 * is proved by DirectProof (doc/E2E), not by TLS.
 */
#ifndef WZP_CLIENT_DIRECT_SELFCERT_H
#define WZP_CLIENT_DIRECT_SELFCERT_H

#include "common/quic/tls.h"

struct selfcert;

/* NULL: no memory, or no key could be made. */
struct selfcert	*selfcert_new(void);
/* Behind all endpoints that use it; wipes the key. */
void		 selfcert_free(struct selfcert *);
/* For quic_config.tls_server; remains ours. */
struct quic_tls	*selfcert_tls(const struct selfcert *);

#endif /* WZP_CLIENT_DIRECT_SELFCERT_H */
