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
 * A fresh Ed25519 key, the certificate of wzp-protocol 1.5 for it, and a signer
 * that is not in another process: this key is worth nothing to anybody.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "client/direct/selfcert.h"
#include "common/wire/identity.h"

struct selfcert {
	uint8_t		 sc_secret[32];
	struct quic_tls	*sc_tls;
};

static int	 selfcert_sign(void *, const uint8_t *, size_t, uint8_t[64]);

struct selfcert *
selfcert_new(void)
{
	struct selfcert	*sc;
	uint8_t		 cert[IDENTITY_CERT_MAX];
	int		 n;

	if ((sc = calloc(1, sizeof(*sc))) == NULL)
		return (NULL);
	arc4random_buf(sc->sc_secret, sizeof(sc->sc_secret));
	if ((n = identity_certificate(sc->sc_secret, cert)) == -1 ||
	    (sc->sc_tls = quic_tls_server(cert, (size_t)n, selfcert_sign,
	    sc)) == NULL) {
		selfcert_free(sc);
		return (NULL);
	}
	return (sc);
}

void
selfcert_free(struct selfcert *sc)
{
	if (sc == NULL)
		return;
	quic_tls_free(sc->sc_tls);
	explicit_bzero(sc->sc_secret, sizeof(sc->sc_secret));
	free(sc);
}

struct quic_tls *
selfcert_tls(const struct selfcert *sc)
{
	return (sc->sc_tls);
}

static int
selfcert_sign(void *arg, const uint8_t *tbs, size_t len, uint8_t sig[64])
{
	const struct selfcert	*sc = arg;

	return (identity_sign(sc->sc_secret, tbs, len, sig));
}
