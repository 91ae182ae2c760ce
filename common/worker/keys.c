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

/* keyd's client (see keys.h).  One worker in a process, so one breaker. */

#include "config.h"

#include <errno.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/ipc/slots.h"
#include "common/worker/keys.h"

#define FETCH_LIMIT_MS	1000

/* What channel_ask() fills. */
union reply {
	uint64_t			align;
	uint8_t				bytes[MSG_STRUCT_MAX];
	struct msg_key_identity		identity;
	struct msg_key_signature	signature;
};

static int	keys_sign(struct worker *, enum msg_type, const void *,
		    uint64_t, uint8_t *);

static uint64_t	last_seq;
static uint64_t	refuse_until;	/* monotonic ns; the breaker */

int
keys_fetch(struct worker *w, struct keys *k)
{
	struct msg_key_identity_request	 request;
	struct channel			*ch;
	union reply			 reply;
	int				 slot;

	if ((slot = worker_slot(w)) == -1) {
		log_warnx("keyd: no slot for this worker");
		return (-1);
	}
	if ((ch = worker_channel(w, PROC_KEYD, 0)) == NULL) {
		log_warnx("keyd: no channel");
		return (-1);
	}
	request.slot = (uint64_t)slot;
	if (channel_ask(ch, MSG_KEY_IDENTITY_REQUEST, &request,
	    MSG_KEY_IDENTITY, &reply, FETCH_LIMIT_MS) == -1) {
		log_warn("keyd: no identity");
		return (-1);
	}
	if (reply.identity.certificate.len == 0 ||
	    reply.identity.certificate.len > sizeof(k->keys_certificate)) {
		log_warnx("keyd: certificate of %zu bytes",
		    reply.identity.certificate.len);
		return (-1);
	}
	memcpy(k->keys_identity_pub, reply.identity.identity_pub,
	    sizeof(k->keys_identity_pub));
	memcpy(k->keys_reset_key, reply.identity.reset_key,
	    sizeof(k->keys_reset_key));
	memcpy(k->keys_certificate, reply.identity.certificate.data,
	    reply.identity.certificate.len);
	k->keys_certificate_len = reply.identity.certificate.len;
	explicit_bzero(&reply, sizeof(reply));
	return (0);
}

int
keys_sign_tls(void *arg, const uint8_t *tbs, size_t len,
    uint8_t sig[SIG_LEN])
{
	struct msg_key_sign_tls	request;

	request.seq = ++last_seq;
	request.tbs.data = tbs;
	request.tbs.len = len;
	return (keys_sign(arg, MSG_KEY_SIGN_TLS, &request, request.seq, sig));
}

int
keys_sign_answer(struct worker *w, const uint8_t ephemeral[PUB_LEN],
    uint8_t sig[SIG_LEN])
{
	struct msg_key_sign_answer	request;

	request.seq = ++last_seq;
	memcpy(request.ephemeral_pub, ephemeral, PUB_LEN);
	return (keys_sign(w, MSG_KEY_SIGN_ANSWER, &request, request.seq,
	    sig));
}

static int
keys_sign(struct worker *w, enum msg_type type, const void *request,
    uint64_t seq, uint8_t *sig)
{
	struct channel	*ch;
	union reply	 reply;
	uint64_t	 now, until;

	now = clock_mono_ns();
	if (now < refuse_until)
		return (-1);
	if ((ch = worker_channel(w, PROC_KEYD, 0)) == NULL)
		goto miss;
	until = now + KEYS_LIMIT_MS * NS_PER_MS;
	if (channel_ask(ch, type, request, MSG_KEY_SIGNATURE, &reply,
	    KEYS_LIMIT_MS) == -1)
		goto miss;
	/* The answer to a request that we gave up may come first. */
	while (reply.signature.seq != seq) {
		if ((now = clock_mono_ns()) >= until ||
		    channel_ask(ch, type, NULL, MSG_KEY_SIGNATURE, &reply,
		    (int)((until - now) / NS_PER_MS)) == -1)
			goto miss;
	}
	if (!reply.signature.ok) {
		log_warnx("keyd: refused to sign");
		return (-1);
	}
	memcpy(sig, reply.signature.signature, SIG_LEN);
	return (0);
miss:
	refuse_until = clock_mono_ns() + KEYS_BREAKER_MS * NS_PER_MS;
	log_warnx("keyd: no answer, no signatures for %d ms",
	    KEYS_BREAKER_MS);
	return (-1);
}
