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
 * Private keys that are elsewhere: an OpenSSL provider of our own whose
 * Ed25519 keys consist of the public key and a handle.  Signing calls the
 * function behind the handle; nothing else can be done with such a key, and
 * no private key can be put into one.
 */
#ifndef WZP_QUIC_REMOTEKEY_H
#define WZP_QUIC_REMOTEKEY_H

#include <openssl/evp.h>

#include "common/quic/tls.h"

int		 remotekey_init(void);	/* loads the provider; -1: failed */
void		 remotekey_fini(void);
/*
 * pub: 32 bytes.  The signer must stay valid until remotekey_release() with
 * the handle, which the key (and all that holds it) must not outlive.
 */
EVP_PKEY	*remotekey_new(const uint8_t pub[32], quic_signer *, void *arg,
		    unsigned int *handle);
void		 remotekey_release(unsigned int handle);

#endif /* WZP_QUIC_REMOTEKEY_H */
