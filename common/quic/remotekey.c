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
 * A builtin OpenSSL provider with the least that libssl needs of a key which
 * cannot be exported (provider-keymgmt(7), provider-signature(7)).  Three
 * things in it are what makes it work:
 * - there is no export function, or libssl would copy the public half into
 *   the default provider's key and find that it cannot sign;
 * - import and match exist, because SSL_CTX_use_PrivateKey() compares the
 *   certificate's key by importing it here; an imported key has no handle;
 * - there is no verification: peers' signatures are the default provider's.
 */
#include "config.h"

#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>

#include <stdlib.h>
#include <string.h>

#include "common/quic/remotekey.h"

#define PROVIDER	"wzp-remote"
#define PROPERTIES	"provider=" PROVIDER
#define PARAM_HANDLE	"wzp-handle"
#define ED25519_NAMES	"ED25519:1.3.101.112"

#define PUB_BYTES	32
#define SIG_BYTES	64
#define KEY_BITS	253
#define SECURITY_BITS	128

/* Handles are indexes + 1; 0 in a key means that it cannot sign. */
#define SIGNERS_MAX	16

struct signer {
	quic_signer	*fn;
	void		*arg;
};

struct key {
	uint8_t		k_pub[PUB_BYTES];
	bool		k_has_pub;
	unsigned int	k_handle;
	int		k_refs;		/* of EVP_PKEY and signature contexts */
};

struct sigctx {
	struct key	*sc_key;
};

static struct signer	 signers[SIGNERS_MAX];
static OSSL_PROVIDER	*provider;

static OSSL_provider_init_fn			provider_init;
static OSSL_FUNC_provider_query_operation_fn	provider_query;
static OSSL_FUNC_keymgmt_new_fn			key_new;
static OSSL_FUNC_keymgmt_free_fn		key_free;
static OSSL_FUNC_keymgmt_has_fn			key_has;
static OSSL_FUNC_keymgmt_match_fn		key_match;
static OSSL_FUNC_keymgmt_import_fn		key_import;
static OSSL_FUNC_keymgmt_import_types_fn	key_import_types;
static OSSL_FUNC_keymgmt_get_params_fn		key_get_params;
static OSSL_FUNC_keymgmt_gettable_params_fn	key_gettable_params;
static OSSL_FUNC_signature_newctx_fn		sig_newctx;
static OSSL_FUNC_signature_freectx_fn		sig_freectx;
static OSSL_FUNC_signature_digest_sign_init_fn	sig_init;
static OSSL_FUNC_signature_digest_sign_fn	sig_sign;

/*
 * OSSL_DISPATCH holds pointers to functions of different types; the cast is
 * what OpenSSL's interface prescribes.
 */
typedef void generic(void);

static const OSSL_DISPATCH keymgmt_functions[] = {
	{ OSSL_FUNC_KEYMGMT_NEW, (generic *)key_new },
	{ OSSL_FUNC_KEYMGMT_FREE, (generic *)key_free },
	{ OSSL_FUNC_KEYMGMT_HAS, (generic *)key_has },
	{ OSSL_FUNC_KEYMGMT_MATCH, (generic *)key_match },
	{ OSSL_FUNC_KEYMGMT_IMPORT, (generic *)key_import },
	{ OSSL_FUNC_KEYMGMT_IMPORT_TYPES, (generic *)key_import_types },
	{ OSSL_FUNC_KEYMGMT_GET_PARAMS, (generic *)key_get_params },
	{ OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, (generic *)key_gettable_params },
	OSSL_DISPATCH_END
};

static const OSSL_DISPATCH signature_functions[] = {
	{ OSSL_FUNC_SIGNATURE_NEWCTX, (generic *)sig_newctx },
	{ OSSL_FUNC_SIGNATURE_FREECTX, (generic *)sig_freectx },
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, (generic *)sig_init },
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN, (generic *)sig_sign },
	OSSL_DISPATCH_END
};

static const OSSL_DISPATCH provider_functions[] = {
	{ OSSL_FUNC_PROVIDER_QUERY_OPERATION, (generic *)provider_query },
	OSSL_DISPATCH_END
};

static const OSSL_ALGORITHM keymgmts[] = {
	{ ED25519_NAMES, PROPERTIES, keymgmt_functions, "key held elsewhere" },
	{ NULL, NULL, NULL, NULL }
};

static const OSSL_ALGORITHM signatures[] = {
	{ ED25519_NAMES, PROPERTIES, signature_functions,
	    "signed elsewhere" },
	{ NULL, NULL, NULL, NULL }
};

int
remotekey_init(void)
{
	if (provider != NULL)
		return (0);
	if (OSSL_PROVIDER_add_builtin(NULL, PROVIDER, provider_init) != 1)
		return (-1);
	if ((provider = OSSL_PROVIDER_load(NULL, PROVIDER)) == NULL)
		return (-1);
	return (0);
}

void
remotekey_fini(void)
{
	if (provider != NULL)
		OSSL_PROVIDER_unload(provider);
	provider = NULL;
}

EVP_PKEY *
remotekey_new(const uint8_t pub[32], quic_signer *fn, void *arg,
    unsigned int *handle)
{
	EVP_PKEY_CTX	*ctx;
	EVP_PKEY	*pkey = NULL;
	OSSL_PARAM	 params[3];
	uint8_t		 copy[PUB_BYTES];
	unsigned int	 i;

	for (i = 0; i < SIGNERS_MAX; i++) {
		if (signers[i].fn == NULL)
			break;
	}
	if (i == SIGNERS_MAX)
		return (NULL);
	signers[i].fn = fn;
	signers[i].arg = arg;
	*handle = i + 1;

	memcpy(copy, pub, sizeof(copy));
	params[0] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
	    copy, sizeof(copy));
	params[1] = OSSL_PARAM_construct_uint(PARAM_HANDLE, handle);
	params[2] = OSSL_PARAM_construct_end();
	ctx = EVP_PKEY_CTX_new_from_name(NULL, "ED25519", PROPERTIES);
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) != 1) {
		remotekey_release(*handle);
		pkey = NULL;
	}
	EVP_PKEY_CTX_free(ctx);
	return (pkey);
}

void
remotekey_release(unsigned int handle)
{
	if (handle == 0 || handle > SIGNERS_MAX)
		return;
	memset(&signers[handle - 1], 0, sizeof(signers[0]));
}

static int
provider_init(const OSSL_CORE_HANDLE *core, const OSSL_DISPATCH *in,
    const OSSL_DISPATCH **out, void **ctx)
{
	static int	dummy;

	(void)in;
	*out = provider_functions;
	*ctx = &dummy;		/* there is no state; NULL would mean failure */
	return (core != NULL);
}

static const OSSL_ALGORITHM *
provider_query(void *ctx, int operation, int *no_store)
{
	(void)ctx;
	*no_store = 0;
	switch (operation) {
	case OSSL_OP_KEYMGMT:
		return (keymgmts);
	case OSSL_OP_SIGNATURE:
		return (signatures);
	default:
		return (NULL);
	}
}

static void *
key_new(void *ctx)
{
	struct key	*k;

	(void)ctx;
	if ((k = calloc(1, sizeof(*k))) != NULL)
		k->k_refs = 1;
	return (k);
}

static void
key_free(void *data)
{
	struct key	*k = data;

	if (k != NULL && --k->k_refs == 0)
		free(k);
}

static int
key_has(const void *data, int selection)
{
	const struct key	*k = data;

	if (k == NULL)
		return (0);
	if ((selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) && !k->k_has_pub)
		return (0);
	if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) && k->k_handle == 0)
		return (0);
	return (1);
}

static int
key_match(const void *a, const void *b, int selection)
{
	const struct key	*ka = a, *kb = b;

	(void)selection;
	return (ka->k_has_pub && kb->k_has_pub &&
	    CRYPTO_memcmp(ka->k_pub, kb->k_pub, PUB_BYTES) == 0);
}

static int
key_import(void *data, int selection, const OSSL_PARAM params[])
{
	struct key		*k = data;
	const OSSL_PARAM	*p;

	(void)selection;
	if (OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_PRIV_KEY) != NULL)
		return (0);
	p = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_PUB_KEY);
	if (p == NULL || p->data_type != OSSL_PARAM_OCTET_STRING ||
	    p->data_size != PUB_BYTES)
		return (0);
	memcpy(k->k_pub, p->data, PUB_BYTES);
	k->k_has_pub = true;
	p = OSSL_PARAM_locate_const(params, PARAM_HANDLE);
	if (p != NULL && (OSSL_PARAM_get_uint(p, &k->k_handle) != 1 ||
	    k->k_handle > SIGNERS_MAX))
		return (0);
	return (1);
}

static const OSSL_PARAM *
key_import_types(int selection)
{
	static const OSSL_PARAM	types[] = {
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
		OSSL_PARAM_uint(PARAM_HANDLE, NULL),
		OSSL_PARAM_END
	};

	(void)selection;
	return (types);
}

static int
key_get_params(void *data, OSSL_PARAM params[])
{
	OSSL_PARAM	*p;

	(void)data;
	if ((p = OSSL_PARAM_locate(params, OSSL_PKEY_PARAM_BITS)) != NULL &&
	    OSSL_PARAM_set_int(p, KEY_BITS) != 1)
		return (0);
	if ((p = OSSL_PARAM_locate(params,
	    OSSL_PKEY_PARAM_SECURITY_BITS)) != NULL &&
	    OSSL_PARAM_set_int(p, SECURITY_BITS) != 1)
		return (0);
	if ((p = OSSL_PARAM_locate(params, OSSL_PKEY_PARAM_MAX_SIZE)) !=
	    NULL && OSSL_PARAM_set_int(p, SIG_BYTES) != 1)
		return (0);
	return (1);
}

static const OSSL_PARAM *
key_gettable_params(void *ctx)
{
	static const OSSL_PARAM	types[] = {
		OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
		OSSL_PARAM_END
	};

	(void)ctx;
	return (types);
}

static void *
sig_newctx(void *ctx, const char *propq)
{
	(void)ctx;
	(void)propq;
	return (calloc(1, sizeof(struct sigctx)));
}

static void
sig_freectx(void *data)
{
	struct sigctx	*sc = data;

	if (sc == NULL)
		return;
	key_free(sc->sc_key);
	free(sc);
}

/* Ed25519 hashes by itself: no digest may be asked for. */
static int
sig_init(void *data, const char *digest, void *key, const OSSL_PARAM params[])
{
	struct sigctx	*sc = data;
	struct key	*k = key;

	(void)params;
	if (digest != NULL && digest[0] != '\0')
		return (0);
	if (k == NULL)
		return (sc->sc_key != NULL);
	if (k->k_handle == 0)
		return (0);
	k->k_refs++;
	key_free(sc->sc_key);
	sc->sc_key = k;
	return (1);
}

/* Called with sig == NULL for the size, then once with the whole message. */
static int
sig_sign(void *data, unsigned char *sig, size_t *siglen, size_t sigsize,
    const unsigned char *tbs, size_t tbslen)
{
	struct sigctx	*sc = data;
	struct signer	*s;

	if (sc->sc_key == NULL)
		return (0);
	if (sig == NULL) {
		*siglen = SIG_BYTES;
		return (1);
	}
	if (sigsize < SIG_BYTES)
		return (0);
	s = &signers[sc->sc_key->k_handle - 1];
	if (s->fn == NULL || s->fn(s->arg, tbs, tbslen, sig) != 0)
		return (0);
	*siglen = SIG_BYTES;
	return (1);
}
