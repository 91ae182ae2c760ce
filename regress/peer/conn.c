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
 * One QUIC connection of the test peer: ngtcp2, its callbacks, its end.
 */
#include "config.h"

#include <errno.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regress/peer/peer.h"

#define PACKET_MAX	1472

static struct pconn	*conn_new(struct peer *, bool);
static void		 conn_setup(struct pconn *, SSL_CTX *,
			    ngtcp2_callbacks *, ngtcp2_settings *,
			    ngtcp2_transport_params *, uint64_t);
static void		 conn_over(struct pconn *, enum conn_end, uint64_t,
			    const uint8_t *, size_t);
static void		 conn_fail(struct pconn *, int);
static bool		 write_streams(struct pconn *);
static bool		 write_dgrams(struct pconn *);

static ngtcp2_conn *
cb_get_conn(ngtcp2_crypto_conn_ref *ref)
{
	struct pconn	*pc = ref->user_data;

	return (pc->pc_conn);
}

static void
cb_rand(uint8_t *dest, size_t len, const ngtcp2_rand_ctx *ctx)
{
	(void)ctx;
	if (RAND_bytes(dest, (int)len) != 1)
		abort();
}

static int
cb_new_cid(ngtcp2_conn *conn, ngtcp2_cid *cid,
    ngtcp2_stateless_reset_token *token, size_t len, void *arg)
{
	(void)conn;
	(void)arg;
	cid->datalen = len;
	if (RAND_bytes(cid->data, (int)len) != 1 ||
	    RAND_bytes(token->data, sizeof(token->data)) != 1)
		return (NGTCP2_ERR_CALLBACK_FAILURE);
	return (0);
}

static int
cb_handshake(ngtcp2_conn *conn, void *arg)
{
	struct pconn	*pc = arg;
	const char	*name;

	(void)conn;
	pc->pc_up = true;
	if (pc->pc_server) {
		name = SSL_get_servername(pc->pc_ssl,
		    TLSEXT_NAMETYPE_host_name);
		snprintf(pc->pc_sni, sizeof(pc->pc_sni), "%s",
		    name == NULL ? "default" : name);
	}
	trace("%s: handshake complete, %s", pc->pc_name,
	    SSL_get_cipher_name(pc->pc_ssl));
	return (0);
}

static int
cb_stream_open(ngtcp2_conn *conn, int64_t id, void *arg)
{
	(void)conn;
	stream_new(arg, id);
	return (0);
}

static int
cb_stream_data(ngtcp2_conn *conn, uint32_t flags, int64_t id, uint64_t offset,
    const uint8_t *data, size_t len, void *arg, void *sarg)
{
	struct pconn	*pc = arg;
	struct pstream	*ps;

	(void)sarg;
	if ((ps = stream_by_id(pc, id)) == NULL)
		ps = stream_new(pc, id);
	if (offset != ps->ps_inlen)
		return (NGTCP2_ERR_CALLBACK_FAILURE);
	if (len > 0) {
		ps->ps_in = realloc(ps->ps_in, ps->ps_inlen + len);
		if (ps->ps_in == NULL)
			return (NGTCP2_ERR_CALLBACK_FAILURE);
		memcpy(ps->ps_in + ps->ps_inlen, data, len);
		ps->ps_inlen += len;
	}
	if (flags & NGTCP2_STREAM_DATA_FLAG_FIN)
		ps->ps_in_fin = true;
	if (!pc->pc_narrow) {
		ngtcp2_conn_extend_max_stream_offset(conn, id, len);
		ngtcp2_conn_extend_max_offset(conn, len);
	}
	if (pc->pc_stop_early && !ps->ps_stop_sent && !ps->ps_in_fin) {
		trace("%s: stream %lld: STOP_SENDING after %zu bytes",
		    pc->pc_name, (long long)id, ps->ps_inlen);
		stream_stop(pc, ps, 0);
	}
	return (0);
}

static int
cb_stream_reset(ngtcp2_conn *conn, int64_t id, uint64_t size, uint64_t code,
    void *arg, void *sarg)
{
	struct pconn	*pc = arg;
	struct pstream	*ps;

	(void)conn;
	(void)sarg;
	trace("%s: stream %lld: RESET_STREAM %llu at %llu", pc->pc_name,
	    (long long)id, (unsigned long long)code,
	    (unsigned long long)size);
	if ((ps = stream_by_id(pc, id)) != NULL) {
		ps->ps_in_reset = true;
		ps->ps_reset_code = code;
	}
	return (0);
}

static int
cb_stop_sending(ngtcp2_conn *conn, int64_t id, uint64_t code, void *arg,
    void *sarg)
{
	struct pconn	*pc = arg;
	struct pstream	*ps;

	(void)conn;
	(void)sarg;
	trace("%s: stream %lld: STOP_SENDING %llu", pc->pc_name,
	    (long long)id, (unsigned long long)code);
	if ((ps = stream_by_id(pc, id)) != NULL) {
		ps->ps_in_stopped = true;
		ps->ps_stop_code = code;
	}
	return (0);
}

static int
cb_stream_close(ngtcp2_conn *conn, uint32_t flags, int64_t id, uint64_t code,
    void *arg, void *sarg)
{
	struct pconn	*pc = arg;
	struct pstream	*ps;

	(void)flags;
	(void)code;
	(void)sarg;
	if ((ps = stream_by_id(pc, id)) != NULL)
		ps->ps_closed = true;
	/* Bit 0: who opened it; bit 1: unidirectional. */
	if (((id & 1) == 1) != pc->pc_server && !pc->pc_no_credit) {
		if (id & 2)
			ngtcp2_conn_extend_max_streams_uni(conn, 1);
		else
			ngtcp2_conn_extend_max_streams_bidi(conn, 1);
	}
	return (0);
}

static int
cb_retry(ngtcp2_conn *conn, const ngtcp2_pkt_hd *hd, void *arg)
{
	struct pconn	*pc = arg;

	trace("%s: Retry, a token of %zu bytes, its ID has %zu", pc->pc_name,
	    hd->tokenlen, hd->scid.datalen);
	return (ngtcp2_crypto_recv_retry_cb(conn, hd, arg));
}

static int
cb_new_token(ngtcp2_conn *conn, const uint8_t *token, size_t len, void *arg)
{
	struct pconn	*pc = arg;

	(void)conn;
	trace("%s: NEW_TOKEN of %zu bytes", pc->pc_name, len);
	if (len > sizeof(pc->pc_token))
		return (NGTCP2_ERR_CALLBACK_FAILURE);
	memcpy(pc->pc_token, token, len);
	pc->pc_token_len = len;
	return (0);
}

static int
cb_path_validation(ngtcp2_conn *conn, uint32_t flags, const ngtcp2_path *path,
    const ngtcp2_path *fallback, ngtcp2_path_validation_result res, void *arg)
{
	struct pconn	*pc = arg;

	(void)conn;
	(void)flags;
	(void)path;
	(void)fallback;
	trace("%s: path %svalidated", pc->pc_name,
	    res == NGTCP2_PATH_VALIDATION_RESULT_SUCCESS ? "" : "not ");
	if (res == NGTCP2_PATH_VALIDATION_RESULT_SUCCESS)
		pc->pc_validated++;
	return (0);
}

static int
cb_datagram(ngtcp2_conn *conn, uint32_t flags, const uint8_t *data,
    size_t len, void *arg)
{
	struct pconn	*pc = arg;
	struct dgram	*dg;

	(void)conn;
	(void)flags;
	if (pulse_take(pc, data, len))
		return (0);
	dg = xcalloc(1, sizeof(*dg) + len);
	dg->dg_len = len;
	if (len > 0)
		memcpy(dg->dg_data, data, len);
	STAILQ_INSERT_TAIL(&pc->pc_dgrams, dg, dg_entry);
	return (0);
}

static int
cb_stateless_reset(ngtcp2_conn *conn, const ngtcp2_pkt_stateless_reset2 *sr,
    void *arg)
{
	(void)conn;
	(void)sr;
	conn_over(arg, END_RESET, 0, NULL, 0);
	return (0);
}

static void
set_callbacks(ngtcp2_callbacks *cb)
{
	memset(cb, 0, sizeof(*cb));
	cb->client_initial = ngtcp2_crypto_client_initial_cb;
	cb->recv_client_initial = ngtcp2_crypto_recv_client_initial_cb;
	cb->recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb;
	cb->encrypt = ngtcp2_crypto_encrypt_cb;
	cb->decrypt = ngtcp2_crypto_decrypt_cb;
	cb->hp_mask = ngtcp2_crypto_hp_mask_cb;
	cb->recv_retry = cb_retry;
	cb->recv_new_token = cb_new_token;
	cb->path_validation = cb_path_validation;
	cb->update_key = ngtcp2_crypto_update_key_cb;
	cb->delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb;
	cb->delete_crypto_cipher_ctx =
	    ngtcp2_crypto_delete_crypto_cipher_ctx_cb;
	cb->version_negotiation = ngtcp2_crypto_version_negotiation_cb;
	cb->get_path_challenge_data2 =
	    ngtcp2_crypto_get_path_challenge_data2_cb;
	cb->rand = cb_rand;
	cb->get_new_connection_id2 = cb_new_cid;
	cb->handshake_completed = cb_handshake;
	cb->stream_open = cb_stream_open;
	cb->recv_stream_data = cb_stream_data;
	cb->stream_reset = cb_stream_reset;
	cb->recv_stop_sending = cb_stop_sending;
	cb->stream_close = cb_stream_close;
	cb->recv_datagram = cb_datagram;
	cb->recv_stateless_reset2 = cb_stateless_reset;
}

static struct pconn *
conn_new(struct peer *p, bool server)
{
	struct pconn	*pc;

	pc = xcalloc(1, sizeof(*pc));
	pc->pc_server = server;
	pc->pc_fd = -1;
	pc->pc_next_bidi = server ? 0 : 1;
	pc->pc_next_uni = server ? 2 : 3;
	TAILQ_INIT(&pc->pc_streams);
	STAILQ_INIT(&pc->pc_dgrams);
	STAILQ_INIT(&pc->pc_dgrams_out);
	pc->pc_ref.get_conn = cb_get_conn;
	pc->pc_ref.user_data = pc;
	TAILQ_INSERT_TAIL(&p->p_conns, pc, pc_entry);
	return (pc);
}

/* What both ends announce (wzp-protocol 1.2). */
static void
conn_setup(struct pconn *pc, SSL_CTX *ctx, ngtcp2_callbacks *cb,
    ngtcp2_settings *settings, ngtcp2_transport_params *params,
    uint64_t streams)
{
	set_callbacks(cb);
	ngtcp2_settings_default(settings);
	settings->initial_ts = now_ns();
	settings->initial_rtt = 300 * NS_PER_MS;
	settings->max_tx_udp_payload_size = 1452;
	settings->handshake_timeout = 10 * NS_PER_S;
	ngtcp2_transport_params_default(params);
	params->max_idle_timeout = 30 * NS_PER_S;
	params->max_udp_payload_size = 1472;
	params->initial_max_data = 262144;
	params->initial_max_stream_data_bidi_local = 65536;
	params->initial_max_stream_data_bidi_remote = 65536;
	params->initial_max_stream_data_uni = 65536;
	params->initial_max_streams_bidi = streams;
	params->initial_max_streams_uni = 100;
	params->active_connection_id_limit = 5;
	params->max_datagram_frame_size = 65535;
	params->grease_quic_bit = 1;
	if ((pc->pc_ssl = SSL_new(ctx)) == NULL)
		script_error("SSL_new");
	SSL_set_app_data(pc->pc_ssl, &pc->pc_ref);
	if (pc->pc_server) {
		ngtcp2_crypto_ossl_configure_server_session(pc->pc_ssl);
		SSL_set_accept_state(pc->pc_ssl);
	} else {
		ngtcp2_crypto_ossl_configure_client_session(pc->pc_ssl);
		SSL_set_connect_state(pc->pc_ssl);
	}
	if (ngtcp2_crypto_ossl_ctx_new(&pc->pc_octx, pc->pc_ssl) != 0)
		script_error("ngtcp2_crypto_ossl_ctx_new");
}

void
conn_path(struct pconn *pc, ngtcp2_path *path)
{
	memset(path, 0, sizeof(*path));
	path->local.addr = (ngtcp2_sockaddr *)&pc->pc_path;
	path->local.addrlen = pc->pc_addrlen;
	path->remote.addr = (ngtcp2_sockaddr *)&pc->pc_remote;
	path->remote.addrlen = pc->pc_addrlen;
}

void
conn_socket(struct pconn *pc, const char *from)
{
	struct sockaddr_storage	 ss;
	socklen_t		 len = pc->pc_addrlen;
	char			 text[64];
	int			 fd;

	if ((fd = socket(pc->pc_remote.ss_family,
	    SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) == -1)
		script_error("socket: %s", strerror(errno));
	if (from != NULL) {
		/* Any port; addr_parse() wants one. */
		snprintf(text, sizeof(text), "%s:1", from);
		addr_parse(text, &ss);
		if (ss.ss_family == AF_INET)
			((struct sockaddr_in *)(void *)&ss)->sin_port = 0;
		else
			((struct sockaddr_in6 *)(void *)&ss)->sin6_port = 0;
		if (ss.ss_family != pc->pc_remote.ss_family ||
		    bind(fd, (void *)&ss, len) == -1)
			script_error("%s: %s", from, strerror(errno));
	}
	if (connect(fd, (void *)&pc->pc_remote, len) == -1 ||
	    getsockname(fd, (void *)&pc->pc_local, &len) == -1)
		script_error("socket: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &(int){ 1 << 20 }, sizeof(int));
	if (pc->pc_fd != -1)
		close(pc->pc_fd);
	pc->pc_fd = fd;
}

struct pconn *
conn_dial(struct peer *p, const char *name, const struct conn_options *opt)
{
	ngtcp2_transport_params	 params;
	ngtcp2_callbacks	 cb;
	ngtcp2_settings		 settings;
	ngtcp2_path		 path;
	ngtcp2_cid		 dcid, scid;
	struct pconn		*pc;
	unsigned char		 alpn[256];
	socklen_t		 len;
	size_t			 n;

	pc = conn_new(p, false);
	snprintf(pc->pc_name, sizeof(pc->pc_name), "%s", name);
	pc->pc_profile = opt->profile;
	if (opt->to == NULL && (opt->v6 ? !p->p_have6 : !p->p_have4))
		script_error("no relay address of this family (-r)");
	pc->pc_remote = opt->to != NULL ? *opt->to :
	    opt->v6 ? p->p_relay6 : p->p_relay4;
	pc->pc_addrlen = addr_size(&pc->pc_remote);
	if (opt->shared != NULL) {
		pc->pc_shared = true;
		pc->pc_fd = *opt->shared;
		len = pc->pc_addrlen;
		if (getsockname(pc->pc_fd, (void *)&pc->pc_local, &len) == -1)
			script_error("getsockname: %s", strerror(errno));
	} else
		conn_socket(pc, opt->from);
	pc->pc_path = pc->pc_local;

	conn_setup(pc, p->p_client_ctx, &cb, &settings, &params, opt->streams);
	if (opt->window != 0) {
		pc->pc_narrow = true;
		params.initial_max_data = opt->window;
	}
	if (opt->sni != NULL &&
	    SSL_set_tlsext_host_name(pc->pc_ssl, opt->sni) != 1)
		script_error("bad sni %s", opt->sni);
	snprintf(pc->pc_sni, sizeof(pc->pc_sni), "%s",
	    opt->sni == NULL ? "" : opt->sni);
	if (opt->hello != 0)
		tls_hello(pc->pc_ssl, opt->hello);
	if (opt->cert != NULL)
		tls_present(pc->pc_ssl, opt->cert,
		    opt->key != NULL ? opt->key : opt->cert);
	if (opt->rtt != 0)
		settings.initial_rtt = opt->rtt;
	if (opt->token_len > 0) {
		settings.token = opt->token;
		settings.tokenlen = opt->token_len;
		settings.token_type = NGTCP2_TOKEN_TYPE_NEW_TOKEN;
	}
	if (opt->alpn != NULL) {
		n = strlen(opt->alpn);
		if (n > 255)
			script_error("alpn too long");
		alpn[0] = (unsigned char)n;
		memcpy(alpn + 1, opt->alpn, n);
		SSL_set_alpn_protos(pc->pc_ssl, alpn, (unsigned int)n + 1);
	}
	memset(&dcid, 0, sizeof(dcid));
	memset(&scid, 0, sizeof(scid));
	dcid.datalen = pc->pc_profile == PROFILE_ORIGINAL ? 20 : 18;
	scid.datalen = pc->pc_profile == PROFILE_ORIGINAL ? 8 : 12;
	if (RAND_bytes(dcid.data, (int)dcid.datalen) != 1 ||
	    RAND_bytes(scid.data, (int)scid.datalen) != 1)
		script_error("no random bytes");
	if (opt->dcid_len != 0) {
		dcid.datalen = opt->dcid_len;
		memcpy(dcid.data, opt->dcid, opt->dcid_len);
	}
	conn_path(pc, &path);
	if (ngtcp2_conn_client_new(&pc->pc_conn, &dcid, &scid, &path,
	    NGTCP2_PROTO_VER_V1, &cb, &settings, &params, NULL, pc) != 0)
		script_error("ngtcp2_conn_client_new");
	ngtcp2_conn_set_tls_native_handle(pc->pc_conn, pc->pc_octx);
	ngtcp2_conn_set_keep_alive_timeout(pc->pc_conn, 5 * NS_PER_S);
	pc->pc_holding = opt->hold;
	conn_flush(pc);
	pc->pc_holding = false;
	return (pc);
}

struct pconn *
conn_accept(struct peer *p, int fd, const struct sockaddr_storage *from,
    const uint8_t *data, size_t datalen)
{
	ngtcp2_transport_params	 params;
	ngtcp2_callbacks	 cb;
	ngtcp2_settings		 settings;
	ngtcp2_pkt_hd		 hd;
	ngtcp2_path		 path;
	ngtcp2_cid		 scid;
	static uint8_t		 slot;
	struct pconn		*pc;
	SSL_CTX			*ctx;
	socklen_t		 len;

	if (ngtcp2_accept(&hd, data, datalen) != 0)
		return (NULL);
	pc = conn_new(p, true);
	snprintf(pc->pc_name, sizeof(pc->pc_name), "(server)");
	pc->pc_fd = fd;
	pc->pc_remote = *from;
	pc->pc_addrlen = len = addr_size(from);
	if (getsockname(pc->pc_fd, (void *)&pc->pc_local, &len) == -1)
		script_error("getsockname: %s", strerror(errno));
	pc->pc_path = pc->pc_local;
	if ((ctx = side_ctx(p, fd)) != NULL) {
		/* Relays keep their manners on either side. */
		pc->pc_relay = true;
		pc->pc_profile = p->p_profile;
	} else
		ctx = p->p_server_ctx;
	conn_setup(pc, ctx, &cb, &settings, &params, 100);
	params.original_dcid = hd.dcid;
	params.original_dcid_present = 1;
	memset(&scid, 0, sizeof(scid));
	scid.datalen = p->p_cid_len;
	if (RAND_bytes(scid.data, (int)p->p_cid_len) != 1)
		script_error("no random bytes");
	/* As if there were eight slots, one after another. */
	scid.data[0] = slot++ % 8;
	conn_path(pc, &path);
	if (ngtcp2_conn_server_new(&pc->pc_conn, &hd.scid, &scid, &path,
	    hd.version, &cb, &settings, &params, NULL, pc) != 0)
		script_error("ngtcp2_conn_server_new");
	ngtcp2_conn_set_tls_native_handle(pc->pc_conn, pc->pc_octx);
	return (pc);
}

void
conn_send(struct pconn *pc, const uint8_t *data, size_t len)
{
	ssize_t	 n;

	if (flight_hold(pc, data, len))
		return;
	pc->pc_sent[shape_of(data, len)]++;
	if (pc->pc_server || pc->pc_shared)
		n = sendto(pc->pc_fd, data, len, 0, (void *)&pc->pc_remote,
		    pc->pc_addrlen);
	else
		n = send(pc->pc_fd, data, len, 0);
	/* Nobody there, or no room: both look like loss to QUIC. */
	if (n == -1 && errno != ECONNREFUSED && errno != EAGAIN &&
	    errno != ENOBUFS && errno != EMSGSIZE)
		script_error("send: %s", strerror(errno));
}

static void
conn_over(struct pconn *pc, enum conn_end end, uint64_t code,
    const uint8_t *reason, size_t len)
{
	if (pc->pc_end != END_NONE)
		return;
	pc->pc_end = end;
	pc->pc_end_code = code;
	if (len > sizeof(pc->pc_end_reason) - 1)
		len = sizeof(pc->pc_end_reason) - 1;
	if (len > 0)
		memcpy(pc->pc_end_reason, reason, len);
	pc->pc_end_reason_len = len;
	trace("%s: over: %s", pc->pc_name, conn_end_text(pc));
}

const char *
conn_end_text(const struct pconn *pc)
{
	static const char *const names[] = {
		"none", "app", "transport", "idle", "reset", "local", "error"
	};
	static char	 buf[400];

	snprintf(buf, sizeof(buf), "%s code=0x%llx reason=\"%s\"",
	    names[pc->pc_end], (unsigned long long)pc->pc_end_code,
	    pc->pc_end_reason);
	return (buf);
}

/* An error of ngtcp2: tell the other side, as far as it can be told. */
static void
conn_fail(struct pconn *pc, int err)
{
	const ngtcp2_ccerr	*got;
	ngtcp2_path_storage	 path;
	ngtcp2_pkt_info		 pi;
	ngtcp2_ccerr		 ccerr;
	ngtcp2_ssize		 n;
	uint8_t			 buf[PACKET_MAX];

	switch (err) {
	case NGTCP2_ERR_DRAINING:
		got = ngtcp2_conn_get_ccerr2(pc->pc_conn);
		conn_over(pc, got->type == NGTCP2_CCERR_TYPE_APPLICATION ?
		    END_APP : END_TRANSPORT, got->error_code, got->reason,
		    got->reasonlen);
		return;
	case NGTCP2_ERR_IDLE_CLOSE:
		conn_over(pc, END_IDLE, 0, NULL, 0);
		return;
	case NGTCP2_ERR_DROP_CONN:
	case NGTCP2_ERR_CLOSING:
		conn_over(pc, END_ERROR, 0, NULL, 0);
		return;
	default:
		break;
	}
	ngtcp2_ccerr_default(&ccerr);
	if (err == NGTCP2_ERR_CRYPTO)
		ngtcp2_ccerr_set_tls_alert(&ccerr,
		    ngtcp2_conn_get_tls_alert2(pc->pc_conn), NULL, 0);
	else
		ngtcp2_ccerr_set_liberr(&ccerr, err, NULL, 0);
	ngtcp2_path_storage_zero(&path);
	n = ngtcp2_conn_write_connection_close(pc->pc_conn, &path.path, &pi,
	    buf, sizeof(buf), &ccerr, now_ns());
	if (n > 0)
		conn_send(pc, buf, (size_t)n);
	trace("%s: %s", pc->pc_name, ngtcp2_strerror(err));
	conn_over(pc, END_ERROR, ccerr.error_code,
	    (const uint8_t *)ngtcp2_strerror(err),
	    strlen(ngtcp2_strerror(err)));
}

void
conn_input(struct pconn *pc, const uint8_t *data, size_t len)
{
	ngtcp2_pkt_info	 pi;
	ngtcp2_path	 path;
	int		 err;

	if (pc->pc_end != END_NONE)
		return;
	pc->pc_got[shape_of(data, len)]++;
	memset(&pi, 0, sizeof(pi));
	conn_path(pc, &path);
	err = ngtcp2_conn_read_pkt(pc->pc_conn, &path, &pi, data, len,
	    now_ns());
	if (err != 0)
		conn_fail(pc, err);
}

static bool
write_streams(struct pconn *pc)
{
	ngtcp2_path_storage	 path;
	ngtcp2_pkt_info		 pi;
	ngtcp2_ssize		 n, done;
	ngtcp2_vec		 vec;
	struct pstream		*ps;
	struct chunk		*ck;
	uint32_t		 flags;
	uint8_t			 buf[PACKET_MAX];

	TAILQ_FOREACH(ps, &pc->pc_streams, ps_entry)
		ps->ps_blocked = false;
	for (;;) {
		ck = NULL;
		TAILQ_FOREACH(ps, &pc->pc_streams, ps_entry) {
			if (ps->ps_blocked || ps->ps_fin_sent ||
			    ps->ps_reset_sent || ps->ps_closed)
				continue;
			TAILQ_FOREACH(ck, &ps->ps_out, ck_entry)
				if (ck->ck_sent < ck->ck_len)
					break;
			if (ck != NULL || ps->ps_fin)
				break;
		}
		flags = 0;
		memset(&vec, 0, sizeof(vec));
		if (ps != NULL && ck != NULL) {
			vec.base = ck->ck_data + ck->ck_sent;
			vec.len = ck->ck_len - ck->ck_sent;
		}
		if (ps != NULL && ps->ps_fin &&
		    (ck == NULL || TAILQ_NEXT(ck, ck_entry) == NULL))
			flags = NGTCP2_WRITE_STREAM_FLAG_FIN;
		ngtcp2_path_storage_zero(&path);
		n = ngtcp2_conn_writev_stream(pc->pc_conn, &path.path, &pi,
		    buf, sizeof(buf), &done, flags,
		    ps == NULL ? -1 : ps->ps_id, &vec, vec.len > 0 ? 1 : 0,
		    now_ns());
		if (n == NGTCP2_ERR_STREAM_DATA_BLOCKED) {
			ps->ps_blocked = true;
			continue;
		}
		if (n == NGTCP2_ERR_STREAM_SHUT_WR ||
		    n == NGTCP2_ERR_STREAM_NOT_FOUND) {
			/* The peer wanted no more of it. */
			ps->ps_fin_sent = true;
			continue;
		}
		if (n < 0) {
			conn_fail(pc, (int)n);
			return (false);
		}
		if (n == 0)
			return (true);
		if (ps != NULL && done >= 0) {
			if (ck != NULL)
				ck->ck_sent += (size_t)done;
			if ((flags & NGTCP2_WRITE_STREAM_FLAG_FIN) != 0 &&
			    (ck == NULL || ck->ck_sent == ck->ck_len))
				ps->ps_fin_sent = true;
		}
		conn_send(pc, buf, (size_t)n);
	}
}

static bool
write_dgrams(struct pconn *pc)
{
	ngtcp2_path_storage	 path;
	ngtcp2_pkt_info		 pi;
	ngtcp2_ssize		 n;
	ngtcp2_vec		 vec;
	struct dgram		*dg;
	uint8_t			 buf[PACKET_MAX];
	int			 accepted;

	while ((dg = STAILQ_FIRST(&pc->pc_dgrams_out)) != NULL) {
		vec.base = dg->dg_data;
		vec.len = dg->dg_len;
		accepted = 0;
		ngtcp2_path_storage_zero(&path);
		n = ngtcp2_conn_writev_datagram(pc->pc_conn, &path.path, &pi,
		    buf, sizeof(buf), &accepted, 0, 0, &vec, 1, now_ns());
		if (n == 0)
			break;
		if (n < 0) {
			conn_fail(pc, (int)n);
			return (false);
		}
		conn_send(pc, buf, (size_t)n);
		if (accepted) {
			STAILQ_REMOVE_HEAD(&pc->pc_dgrams_out, dg_entry);
			free(dg);
		}
	}
	return (true);
}

void
conn_flush(struct pconn *pc)
{
	if (pc->pc_end == END_NONE && write_streams(pc))
		write_dgrams(pc);
}

uint64_t
conn_expiry(const struct pconn *pc)
{
	if (pc->pc_end != END_NONE)
		return (UINT64_MAX);
	return (ngtcp2_conn_get_expiry2(pc->pc_conn));
}

void
conn_timer(struct pconn *pc, uint64_t now)
{
	int	 err;

	if (conn_expiry(pc) > now)
		return;
	if ((err = ngtcp2_conn_handle_expiry(pc->pc_conn, now)) != 0)
		conn_fail(pc, err);
	else
		conn_flush(pc);
}

void
conn_close(struct pconn *pc, uint64_t code, const char *reason, size_t len)
{
	ngtcp2_path_storage	 path;
	ngtcp2_pkt_info		 pi;
	ngtcp2_ccerr		 ccerr;
	ngtcp2_ssize		 n;
	uint8_t			 buf[PACKET_MAX];

	if (pc->pc_end != END_NONE)
		return;
	conn_flush(pc);
	ngtcp2_ccerr_default(&ccerr);
	ngtcp2_ccerr_set_application_error(&ccerr, code,
	    (const uint8_t *)reason, len);
	ngtcp2_path_storage_zero(&path);
	n = ngtcp2_conn_write_connection_close(pc->pc_conn, &path.path, &pi,
	    buf, sizeof(buf), &ccerr, now_ns());
	if (n > 0)
		conn_send(pc, buf, (size_t)n);
	conn_over(pc, END_LOCAL, code, (const uint8_t *)reason, len);
}

/* Gone without a word: the other side has to find out by itself. */
void
conn_vanish(struct pconn *pc)
{
	conn_over(pc, END_LOCAL, 0, NULL, 0);
	if (!pc->pc_server && !pc->pc_shared && pc->pc_fd != -1) {
		close(pc->pc_fd);
		pc->pc_fd = -1;
	}
}

void
conn_free(struct pconn *pc)
{
	struct pstream	*ps;
	struct dgram	*dg;

	SSL_set_app_data(pc->pc_ssl, NULL);
	SSL_free(pc->pc_ssl);
	ngtcp2_crypto_ossl_ctx_del(pc->pc_octx);
	ngtcp2_conn_del(pc->pc_conn);
	while ((ps = TAILQ_FIRST(&pc->pc_streams)) != NULL) {
		TAILQ_REMOVE(&pc->pc_streams, ps, ps_entry);
		stream_free(ps);
	}
	while ((dg = STAILQ_FIRST(&pc->pc_dgrams)) != NULL) {
		STAILQ_REMOVE_HEAD(&pc->pc_dgrams, dg_entry);
		free(dg);
	}
	while ((dg = STAILQ_FIRST(&pc->pc_dgrams_out)) != NULL) {
		STAILQ_REMOVE_HEAD(&pc->pc_dgrams_out, dg_entry);
		free(dg);
	}
	if (!pc->pc_server && !pc->pc_shared && pc->pc_fd != -1)
		close(pc->pc_fd);
	free(pc->pc_held);
	free(pc);
}

int
conn_cert(const struct pconn *pc, uint8_t **der, size_t *len)
{
	X509	*cert;
	int	 n;

	if ((cert = SSL_get1_peer_certificate(pc->pc_ssl)) == NULL)
		return (-1);
	*der = NULL;
	n = i2d_X509(cert, der);
	X509_free(cert);
	if (n <= 0)
		return (-1);
	*len = (size_t)n;
	return (0);
}

int
conn_exporter(const struct pconn *pc, uint8_t out[32])
{
	static const char	 label[] = "EXPORTER-wzp-proof";

	if (!pc->pc_up || SSL_export_keying_material(pc->pc_ssl, out, 32,
	    label, sizeof(label) - 1, NULL, 0, 0) != 1)
		return (-1);
	return (0);
}
