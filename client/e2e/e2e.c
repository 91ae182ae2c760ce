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
 * Key agreement of two clients: see e2e.h; the byte strings and the schedule
 * are written down in doc/E2E.
 */

#include "config.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <stdlib.h>
#include <string.h>

#include "client/e2e/checked.h"
#include "client/e2e/e2e.h"
#include "client/e2e/kdf.h"
#include "client/e2e/words.h"
#include "common/base/bytes.h"

/* The NUL behind it ends a label, so that none is the start of another. */
#define LABEL_OFFER	"wzp-e2e-offer-v1"
#define LABEL_ANSWER	"wzp-e2e-answer-v1"
#define LABEL_PROOF	"wzp-direct-proof-v1"

#define INFO_CALLER	"wzp-e2e-v1 caller sends"
#define INFO_CALLEE	"wzp-e2e-v1 callee sends"
#define INFO_CHECK	"wzp-e2e-v1 check"
#define INFO_DIRECT	"wzp-e2e-v1 direct proof"
#define INFO_WORDS	"wzp-e2e-v1 words"

/*
 * Two messages leave no room for a commitment, so somebody between two people
 * who dialled a wrong fingerprint could try keys until the words are the same
 * on both sides.  Each try costs this much: 4 MiB, about 10 ms.
 */
#define SCRYPT_N	4096
#define SCRYPT_R	8
#define SCRYPT_P	1
#define SCRYPT_MEM	(UINT64_C(16) << 20)

#define FP_LEN		16
#define CALL_ID_BYTES	255	/* its length is one byte */
#define STRING_MAX	(sizeof(LABEL_ANSWER) + 2 * FP_LEN + 1 +	\
	CALL_ID_BYTES + 32 + 32 + SHA256_DIGEST_LENGTH)

enum stage {
	STAGE_NEW,
	STAGE_OFFERED,		/* caller */
	STAGE_TAKEN,		/* callee; agreed */
	STAGE_READY,
	STAGE_FAILED
};

struct e2e {
	const struct identity	*ee_identity;
	bool			 ee_caller;
	enum stage		 ee_stage;
	const char		*ee_why;
	char			 ee_peer[IDENTITY_FP_STRLEN];
	uint8_t			 ee_caller_fp[FP_LEN];
	uint8_t			 ee_callee_fp[FP_LEN];
	char			 ee_call_id[CALL_ID_BYTES + 1];

	uint8_t			 ee_secret[32];	/* until it was used */
	uint8_t			 ee_shared[32];	/* until keys are there */
	uint8_t			 ee_caller_key[32];	/* ephemeral */
	uint8_t			 ee_callee_key[32];
	uint8_t			 ee_offer_hash[SHA256_DIGEST_LENGTH];
	uint8_t			 ee_signature[64];	/* ours */

	struct e2e_keys		 ee_keys;
	uint8_t			 ee_direct[32];
	char			 ee_words[WORDS_STRLEN];
};

/* A byte string in the making. */
struct bytes {
	uint8_t	by_data[STRING_MAX];
	size_t	by_len;
};

static void		 put(struct bytes *, const void *, size_t);
static void		 put_id(struct bytes *, const char *);
static void		 fp_bytes(const char *, uint8_t[FP_LEN]);
static void		 offer_string(const struct e2e *, struct bytes *);
static void		 answer_string(const struct e2e *, struct bytes *);
static int		 hash(const struct bytes *, const uint8_t[64],
			    uint8_t[SHA256_DIGEST_LENGTH]);
static bool		 names(const uint8_t[32], const char *);
static int		 agree(struct e2e *, const uint8_t[32]);
static int		 schedule(struct e2e *,
			    const uint8_t[SHA256_DIGEST_LENGTH]);
static int		 make_words(struct e2e *, const uint8_t[32]);
static int		 fail(struct e2e *, const char *);
static enum e2e_verdict	 forged(struct e2e *, const char *);

struct e2e *
e2e_new(const struct identity *id, const char *peer, const char *call_id,
    bool caller)
{
	struct e2e	*e;
	uint8_t		*key;
	char		 own[IDENTITY_FP_STRLEN];

	if (!identity_fingerprint_valid(peer) ||
	    strlen(call_id) > CALL_ID_BYTES)
		return (NULL);
	if ((e = calloc(1, sizeof(*e))) == NULL)
		return (NULL);
	e->ee_identity = id;
	e->ee_caller = caller;
	e->ee_why = "";
	(void)strlcpy(e->ee_peer, peer, sizeof(e->ee_peer));
	(void)strlcpy(e->ee_call_id, call_id, sizeof(e->ee_call_id));
	identity_fingerprint(id->id_pub, own);
	fp_bytes(own, caller ? e->ee_caller_fp : e->ee_callee_fp);
	fp_bytes(peer, caller ? e->ee_callee_fp : e->ee_caller_fp);
	key = caller ? e->ee_caller_key : e->ee_callee_key;
	if (RAND_priv_bytes(e->ee_secret, sizeof(e->ee_secret)) != 1 ||
	    identity_x25519_pub(e->ee_secret, key) == -1) {
		e2e_free(e);
		return (NULL);
	}
	return (e);
}

void
e2e_free(struct e2e *e)
{
	if (e == NULL)
		return;
	OPENSSL_cleanse(e, sizeof(*e));
	free(e);
}

static void
put(struct bytes *b, const void *p, size_t len)
{
	memcpy(b->by_data + b->by_len, p, len);
	b->by_len += len;
}

static void
put_id(struct bytes *b, const char *id)
{
	b->by_data[b->by_len++] = (uint8_t)strlen(id);
	put(b, id, strlen(id));
}

/* s: canonical */
static void
fp_bytes(const char *s, uint8_t out[FP_LEN])
{
	size_t	 i, n = 0;

	memset(out, 0, FP_LEN);
	for (i = 0; s[i] != '\0'; i++) {
		if (s[i] == ':')
			continue;
		out[n / 2] = (uint8_t)(out[n / 2] << 4 |
		    (s[i] <= '9' ? s[i] - '0' : s[i] - 'a' + 10));
		n++;
	}
}

static void
offer_string(const struct e2e *e, struct bytes *b)
{
	b->by_len = 0;
	put(b, LABEL_OFFER, sizeof(LABEL_OFFER));
	put(b, e->ee_caller_fp, FP_LEN);
	put(b, e->ee_callee_fp, FP_LEN);
	put_id(b, e->ee_call_id);
	put(b, e->ee_caller_key, 32);
}

static void
answer_string(const struct e2e *e, struct bytes *b)
{
	b->by_len = 0;
	put(b, LABEL_ANSWER, sizeof(LABEL_ANSWER));
	put(b, e->ee_caller_fp, FP_LEN);
	put(b, e->ee_callee_fp, FP_LEN);
	/*
	 * What ties it to this very offer.  (A signature cannot be checked
	 * without: the test build must leave it out on both sides.)
	 */
	if (!CHECKED("answer-transcript", false)) {
		put_id(b, e->ee_call_id);
		put(b, e->ee_caller_key, 32);
	}
	put(b, e->ee_callee_key, 32);
	if (!CHECKED("answer-transcript", false))
		put(b, e->ee_offer_hash, sizeof(e->ee_offer_hash));
}

/* Of a signed string and its signature. */
static int
hash(const struct bytes *b, const uint8_t signature[64],
    uint8_t out[SHA256_DIGEST_LENGTH])
{
	uint8_t	 data[STRING_MAX + 64];

	memcpy(data, b->by_data, b->by_len);
	memcpy(data + b->by_len, signature, 64);
	return (SHA256(data, b->by_len + 64, out) == NULL ? -1 : 0);
}

/* Is this the fingerprint of that key? */
static bool
names(const uint8_t pub[32], const char *fp)
{
	char	 s[IDENTITY_FP_STRLEN];

	identity_fingerprint(pub, s);
	return (strcmp(s, fp) == 0);
}

/* The secret of both; ours for this call has then done its work. */
static int
agree(struct e2e *e, const uint8_t peer[32])
{
	const uint8_t	*own;
	int		 ret = -1;

	own = e->ee_caller ? e->ee_caller_key : e->ee_callee_key;
	/* Our own key sent back would leave open who of us dials. */
	if (memcmp(own, peer, 32) != 0)
		ret = identity_x25519(e->ee_secret, peer, e->ee_shared);
	OPENSSL_cleanse(e->ee_secret, sizeof(e->ee_secret));
	return (ret);
}

static int
schedule(struct e2e *e, const uint8_t transcript[SHA256_DIGEST_LENGTH])
{
	uint8_t	 prk[KDF_HASH_MAX], words[32];
	uint8_t	*caller, *callee;
	int	 ret = -1;

	caller = e->ee_caller ? e->ee_keys.ek_send : e->ee_keys.ek_receive;
	callee = e->ee_caller ? e->ee_keys.ek_receive : e->ee_keys.ek_send;
	if (kdf_extract(KDF_SHA256, transcript, SHA256_DIGEST_LENGTH,
	    e->ee_shared, sizeof(e->ee_shared), prk) == 0 &&
	    kdf_expand(KDF_SHA256, prk, INFO_CALLER, strlen(INFO_CALLER),
	    caller, E2E_KEY_LEN) == 0 &&
	    kdf_expand(KDF_SHA256, prk, INFO_CALLEE, strlen(INFO_CALLEE),
	    callee, E2E_KEY_LEN) == 0 &&
	    kdf_expand(KDF_SHA256, prk, INFO_CHECK, strlen(INFO_CHECK),
	    e->ee_keys.ek_check, E2E_KEY_LEN) == 0 &&
	    kdf_expand(KDF_SHA256, prk, INFO_DIRECT, strlen(INFO_DIRECT),
	    e->ee_direct, sizeof(e->ee_direct)) == 0 &&
	    kdf_expand(KDF_SHA256, prk, INFO_WORDS, strlen(INFO_WORDS),
	    words, sizeof(words)) == 0)
		ret = make_words(e, words);
	OPENSSL_cleanse(e->ee_shared, sizeof(e->ee_shared));
	OPENSSL_cleanse(prk, sizeof(prk));
	OPENSSL_cleanse(words, sizeof(words));
	return (ret);
}

static int
make_words(struct e2e *e, const uint8_t key[32])
{
	uint8_t	 bytes[WORDS_BYTES];

	if (EVP_PBE_scrypt((const char *)key, 32, NULL, 0, SCRYPT_N, SCRYPT_R,
	    SCRYPT_P, SCRYPT_MEM, bytes, sizeof(bytes)) != 1)
		return (-1);
	words_from(bytes, e->ee_words);
	return (0);
}

/* No way on: nothing secret is needed any more. */
static int
fail(struct e2e *e, const char *why)
{
	OPENSSL_cleanse(e->ee_secret, sizeof(e->ee_secret));
	OPENSSL_cleanse(e->ee_shared, sizeof(e->ee_shared));
	OPENSSL_cleanse(e->ee_direct, sizeof(e->ee_direct));
	OPENSSL_cleanse(&e->ee_keys, sizeof(e->ee_keys));
	e->ee_stage = STAGE_FAILED;
	e->ee_why = why;
	return (-1);
}

static enum e2e_verdict
forged(struct e2e *e, const char *why)
{
	(void)fail(e, why);
	return (E2E_FORGED);
}

int
e2e_offer(struct e2e *e, struct sig_direct_call_offer *offer)
{
	struct bytes	 b;

	if (!e->ee_caller || e->ee_stage != STAGE_NEW)
		return (-1);
	offer_string(e, &b);
	if (identity_sign(e->ee_identity->id_secret, b.by_data, b.by_len,
	    e->ee_signature) == -1 ||
	    hash(&b, e->ee_signature, e->ee_offer_hash) == -1)
		return (fail(e, "the offer could not be signed"));
	memcpy(offer->identity_pub, e->ee_identity->id_pub, 32);
	memcpy(offer->ephemeral_pub, e->ee_caller_key, 32);
	offer->signature.data = e->ee_signature;
	offer->signature.len = sizeof(e->ee_signature);
	e->ee_stage = STAGE_OFFERED;
	return (0);
}

enum e2e_verdict
e2e_take_offer(struct e2e *e, const struct sig_direct_call_offer *offer)
{
	struct bytes	 b;

	if (e->ee_caller || e->ee_stage != STAGE_NEW)
		return (E2E_FORGED);
	/* As originals write it (wzp-protocol 5.3). */
	if (bytes_zero(offer->ephemeral_pub, 32) && offer->signature.len == 0) {
		(void)fail(e, "");
		return (E2E_NONE);
	}
	if (!CHECKED("offer-fingerprint",
	    names(offer->identity_pub, e->ee_peer)))
		return (forged(e, "the offer's key is not that of the caller "
		    "it names"));
	if (offer->signature.len != sizeof(e->ee_signature))
		return (forged(e, "the offer's signature is missing or of a "
		    "wrong length"));
	memcpy(e->ee_caller_key, offer->ephemeral_pub, 32);
	offer_string(e, &b);
	if (!CHECKED("offer-signature", identity_verify(offer->identity_pub,
	    b.by_data, b.by_len, offer->signature.data,
	    offer->signature.len)))
		return (forged(e, "the offer is not signed by the caller for "
		    "this call"));
	if (hash(&b, offer->signature.data, e->ee_offer_hash) == -1 ||
	    agree(e, e->ee_caller_key) == -1)
		return (forged(e, "the offer's key cannot be used"));
	e->ee_stage = STAGE_TAKEN;
	return (E2E_OK);
}

int
e2e_answer(struct e2e *e, struct sig_direct_call_answer *answer)
{
	struct bytes	 b;
	uint8_t		 transcript[SHA256_DIGEST_LENGTH];

	if (e->ee_caller || e->ee_stage != STAGE_TAKEN)
		return (-1);
	answer_string(e, &b);
	if (identity_sign(e->ee_identity->id_secret, b.by_data, b.by_len,
	    e->ee_signature) == -1 ||
	    hash(&b, e->ee_signature, transcript) == -1 ||
	    schedule(e, transcript) == -1)
		return (fail(e, "the answer could not be signed"));
	answer->identity_pub.data = e->ee_identity->id_pub;
	answer->identity_pub.len = 32;
	answer->ephemeral_pub.data = e->ee_callee_key;
	answer->ephemeral_pub.len = 32;
	answer->signature.data = e->ee_signature;
	answer->signature.len = sizeof(e->ee_signature);
	e->ee_stage = STAGE_READY;
	return (0);
}

enum e2e_verdict
e2e_take_answer(struct e2e *e, const struct sig_direct_call_answer *answer)
{
	struct bytes	 b;
	uint8_t		 transcript[SHA256_DIGEST_LENGTH];

	if (!e->ee_caller || e->ee_stage == STAGE_READY ||
	    e->ee_stage == STAGE_FAILED)
		return (E2E_FORGED);
	if (bytes_zero(answer->ephemeral_pub.data, answer->ephemeral_pub.len) &&
	    answer->signature.len == 0) {
		(void)fail(e, "");
		return (E2E_NONE);
	}
	if (e->ee_stage != STAGE_OFFERED)
		return (forged(e, "an answer to what was not offered"));
	if (answer->identity_pub.len != 32 ||
	    answer->ephemeral_pub.len != 32 ||
	    answer->signature.len != sizeof(e->ee_signature))
		return (forged(e, "the answer's keys or signature are missing "
		    "or of a wrong length"));
	if (!CHECKED("answer-fingerprint",
	    names(answer->identity_pub.data, e->ee_peer)))
		return (forged(e, "the answer's key is not that of the person "
		    "called"));
	memcpy(e->ee_callee_key, answer->ephemeral_pub.data, 32);
	answer_string(e, &b);
	if (!CHECKED("answer-signature", identity_verify(
	    answer->identity_pub.data, b.by_data, b.by_len,
	    answer->signature.data, answer->signature.len)))
		return (forged(e, "the answer is not signed by the person "
		    "called for this call"));
	if (agree(e, e->ee_callee_key) == -1 ||
	    hash(&b, answer->signature.data, transcript) == -1 ||
	    schedule(e, transcript) == -1)
		return (forged(e, "the answer's key cannot be used"));
	e->ee_stage = STAGE_READY;
	return (E2E_OK);
}

const char *
e2e_why(const struct e2e *e)
{
	return (e->ee_why);
}

bool
e2e_ready(const struct e2e *e)
{
	return (e->ee_stage == STAGE_READY);
}

const struct e2e_keys *
e2e_keys(const struct e2e *e)
{
	return (&e->ee_keys);
}

void
e2e_forget(struct e2e *e)
{
	OPENSSL_cleanse(e->ee_keys.ek_send, sizeof(e->ee_keys.ek_send));
	OPENSSL_cleanse(e->ee_keys.ek_receive, sizeof(e->ee_keys.ek_receive));
}

const char *
e2e_words(const struct e2e *e)
{
	return (e->ee_words);
}

bool
e2e_dials(const struct e2e *e)
{
	bool	 caller;

	/* They are not equal, see agree(). */
	caller = memcmp(e->ee_caller_key, e->ee_callee_key, 32) > 0;
	return (caller == e->ee_caller);
}

void
e2e_proof(const struct e2e *e, const uint8_t exporter[32], bool dialer,
    uint8_t mac[E2E_MAC_LEN])
{
	struct bytes	 b;
	uint8_t		 role = dialer ? 1 : 0;

	b.by_len = 0;
	put(&b, LABEL_PROOF, sizeof(LABEL_PROOF));
	put(&b, exporter, 32);
	put_id(&b, e->ee_call_id);
	put(&b, &role, 1);
	/* Fails for want of memory only; then it is not right by chance. */
	if (kdf_hmac(e->ee_direct, b.by_data, b.by_len, mac) == -1)
		memset(mac, 0, E2E_MAC_LEN);
}

bool
e2e_proven(const struct e2e *e, const uint8_t exporter[32], bool dialer,
    const uint8_t mac[E2E_MAC_LEN])
{
	uint8_t	 wanted[E2E_MAC_LEN];
	bool	 ok;

	e2e_proof(e, exporter, dialer, wanted);
	/* Zero: there was none to be had, and none is to be accepted. */
	ok = e2e_ready(e) && !bytes_zero(wanted, sizeof(wanted)) &&
	    CRYPTO_memcmp(wanted, mac, sizeof(wanted)) == 0;
	OPENSSL_cleanse(wanted, sizeof(wanted));
	return (CHECKED("direct-proof", ok));
}
