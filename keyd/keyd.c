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
 * keyd holds the seed and every private key, and answers three kinds of
 * request: public facts, a TLS CertificateVerify (of a client only for
 * federd), a CallAnswer.  It has no network and no files; what it gets comes
 * from workers that may be in an attacker's hands.
 */

#include "config.h"

#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/ipc/slots.h"
#include "common/worker/worker.h"
#include "keyd/store.h"

/*
 * Signatures a second for one worker.  A handshake needs one; a core makes
 * some 40,000, so this leaves room for the other workers.
 */
#define SIGN_RATE	5000
#define INSTANCES	64		/* of a role, at most */

struct client {
	uint64_t	cl_second;
	unsigned int	cl_count;
};

struct keyd {
	struct store	*kd_store;
	struct client	 kd_clients[PROC_MAX][INSTANCES];
	uint64_t	 kd_identities;
	uint64_t	 kd_signed_tls;
	uint64_t	 kd_signed_answer;
	uint64_t	 kd_refused;
	uint64_t	 kd_limited;
};

static void	keyd_seed(struct worker *, const uint8_t *);
static int	keyd_start(struct worker *);
static void	keyd_message(struct channel *, void *, enum msg_type,
		    const void *, int);
static void	keyd_stats(struct worker *, struct row *);
static bool	keyd_limited(struct keyd *, struct channel *);
static void	keyd_identity(struct worker *, struct channel *,
		    unsigned int);
static void	keyd_reply(struct keyd *, struct channel *, uint64_t, int,
		    const uint8_t *);

static const struct worker_ops	keyd_ops = {
	.role = PROC_KEYD,
	.seed = keyd_seed,
	.start = keyd_start,
	.message = keyd_message,
	.stats = keyd_stats
};

int
main(int argc, char **argv)
{
	static struct keyd	keyd;
	int			status;

	if (store_init() == -1)
		fatalx("no memory for keys");
	status = worker_main(argc, argv, &keyd_ops, &keyd);
	/* Wiped, too. */
	store_free(keyd.kd_store);
	return (status);
}

static void
keyd_seed(struct worker *w, const uint8_t *seed)
{
	struct keyd	*kd = worker_ctx(w);

	store_free(kd->kd_store);
	if ((kd->kd_store = store_new(seed)) == NULL)
		log_warnx("no keys from this seed");
}

static int
keyd_start(struct worker *w)
{
	struct keyd	*kd = worker_ctx(w);

	if (kd->kd_store == NULL) {
		log_warnx("no seed");
		return (-1);
	}
	return (0);
}

static void
keyd_message(struct channel *ch, void *arg, enum msg_type type,
    const void *msg, int fd)
{
	const struct msg_key_identity_request	*request;
	const struct msg_key_sign_answer	*answer;
	const struct msg_key_sign_tls		*tls;
	const struct msg_ctl_query		*query;
	struct worker				*w = arg;
	struct keyd				*kd = worker_ctx(w);
	uint8_t					 sig[SIG_LEN];
	int					 error;

	(void)fd;
	memset(sig, 0, sizeof(sig));
	switch (type) {
	case MSG_KEY_IDENTITY_REQUEST:
		request = msg;
		keyd_identity(w, ch, (unsigned int)request->slot);
		break;
	case MSG_KEY_SIGN_TLS:
		tls = msg;
		if (keyd_limited(kd, ch)) {
			keyd_reply(kd, ch, tls->seq, -1, sig);
			break;
		}
		error = store_sign_tls(kd->kd_store,
		    store_tls_roles(channel_peer(ch)), tls->tbs.data,
		    tls->tbs.len, sig);
		if (error == 0)
			kd->kd_signed_tls++;
		keyd_reply(kd, ch, tls->seq, error, sig);
		break;
	case MSG_KEY_SIGN_ANSWER:
		answer = msg;
		if (keyd_limited(kd, ch)) {
			keyd_reply(kd, ch, answer->seq, -1, sig);
			break;
		}
		error = store_sign_answer(kd->kd_store,
		    answer->ephemeral_pub, sig);
		if (error == 0)
			kd->kd_signed_answer++;
		keyd_reply(kd, ch, answer->seq, error, sig);
		break;
	case MSG_CTL_QUERY:
		query = msg;
		worker_ctl_end(ch, query->id, "keyd has nothing of that");
		break;
	default:
		break;
	}
}

static bool
keyd_limited(struct keyd *kd, struct channel *ch)
{
	struct client	*cl;
	uint64_t	 second;

	cl = kd->kd_clients[channel_peer(ch)];
	cl += channel_peer_instance(ch) % INSTANCES;
	second = clock_mono_ns() / NS_PER_S;
	if (second != cl->cl_second) {
		cl->cl_second = second;
		cl->cl_count = 0;
	}
	if (cl->cl_count == SIGN_RATE) {
		if (kd->kd_limited++ == 0)
			log_warnx("%s%u asks for more than %d signatures a "
			    "second", proc_name(channel_peer(ch)),
			    channel_peer_instance(ch), SIGN_RATE);
		return (true);
	}
	cl->cl_count++;
	return (false);
}

/* With another slot's reset key one worker could end another's connections. */
static void
keyd_identity(struct worker *w, struct channel *ch, unsigned int slot)
{
	struct msg_key_identity	 msg;
	struct keyd		*kd = worker_ctx(w);

	if (slots_of(worker_slots(w), channel_peer(ch),
	    channel_peer_instance(ch)) != (int)slot) {
		worker_blame(w, ch, "asks for the key of another slot");
		return;
	}
	memset(&msg, 0, sizeof(msg));
	memcpy(msg.identity_pub, store_identity_pub(kd->kd_store),
	    sizeof(msg.identity_pub));
	msg.certificate.data = store_certificate(kd->kd_store,
	    &msg.certificate.len);
	if (store_reset_key(kd->kd_store, slot, msg.reset_key) == -1) {
		log_warnx("no reset key for slot %u", slot);
		return;
	}
	kd->kd_identities++;
	(void)channel_send(ch, MSG_KEY_IDENTITY, &msg);
	explicit_bzero(&msg, sizeof(msg));
}

static void
keyd_reply(struct keyd *kd, struct channel *ch, uint64_t seq, int error,
    const uint8_t *sig)
{
	struct msg_key_signature	msg;

	memset(&msg, 0, sizeof(msg));
	msg.seq = seq;
	msg.ok = error == 0;
	if (msg.ok)
		memcpy(msg.signature, sig, sizeof(msg.signature));
	else
		kd->kd_refused++;
	(void)channel_send(ch, MSG_KEY_SIGNATURE, &msg);
}

static void
keyd_stats(struct worker *w, struct row *row)
{
	struct keyd	*kd = worker_ctx(w);

	row_u64(row, "identities", kd->kd_identities);
	row_u64(row, "signed_tls", kd->kd_signed_tls);
	row_u64(row, "signed_answer", kd->kd_signed_answer);
	row_u64(row, "refused", kd->kd_refused);
	row_u64(row, "limited", kd->kd_limited);
}
