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
 * wzp-peer: the judge of the wire.  It interprets scenario scripts against a
 * relay, sends literal bytes and compares literal bytes.  It shares no code
 * with the programs it judges: its own QUIC loop over ngtcp2, its own key
 * derivation, its own certificate.
 */
#ifndef WZP_REGRESS_PEER_H
#define WZP_REGRESS_PEER_H

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_ossl.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#define PEER_NAME_MAX	32
#define PEER_LINE_MAX	262144	/* a signal of 64 KiB is 128 KiB of hex */
#define PEER_SIDES	4

#define NS_PER_MS	1000000ULL
#define NS_PER_S	1000000000ULL

/* Exit codes: an expectation failed; the script or the set-up is wrong. */
#define EX_FAILED	1
#define EX_SCRIPT	2

enum profile {
	PROFILE_OURS,
	PROFILE_ORIGINAL
};

/* A growing text; always NUL terminated once something was added. */
struct text {
	char	*t_buf;
	size_t	 t_len;
	size_t	 t_size;
};

/* Piece of an outgoing stream; ngtcp2 points into it until acknowledged. */
struct chunk {
	TAILQ_ENTRY(chunk)	 ck_entry;
	size_t			 ck_len;
	size_t			 ck_sent;
	uint8_t			 ck_data[];
};

struct pstream {
	TAILQ_ENTRY(pstream)	 ps_entry;
	int64_t			 ps_id;
	char			 ps_name[PEER_NAME_MAX];
	TAILQ_HEAD(, chunk)	 ps_out;
	bool			 ps_fin;	/* FIN is to be written */
	bool			 ps_fin_sent;
	bool			 ps_blocked;	/* this turn */
	uint8_t			*ps_in;
	size_t			 ps_inlen;
	size_t			 ps_taken;	/* bytes of the message read */
	bool			 ps_in_fin;
	bool			 ps_in_reset;
	bool			 ps_in_stopped;	/* STOP_SENDING from the peer */
	uint64_t		 ps_reset_code;
	uint64_t		 ps_stop_code;
	bool			 ps_stop_sent;	/* STOP_SENDING of ours */
	bool			 ps_reset_sent;
	bool			 ps_half_closed; /* our answer to its message */
	bool			 ps_closed;	/* both halves are over */
};

enum conn_end {
	END_NONE,
	END_APP,		/* CONNECTION_CLOSE 0x1d of the peer */
	END_TRANSPORT,		/* CONNECTION_CLOSE 0x1c of the peer */
	END_IDLE,
	END_RESET,		/* stateless reset */
	END_LOCAL,		/* ours */
	END_ERROR		/* the peer broke the protocol */
};

struct dgram {
	STAILQ_ENTRY(dgram)	 dg_entry;
	size_t			 dg_len;
	uint8_t			 dg_data[];
};

/* What a datagram consists of, as far as its plain bytes tell. */
enum shape {
	SHAPE_INITIAL,		/* one or more, no Handshake */
	SHAPE_HANDSHAKE,
	SHAPE_COALESCED,	/* Initial, and Handshake behind it */
	SHAPE_SHORT,
	SHAPE_RETRY,
	SHAPE_VERSION,		/* Version Negotiation */
	SHAPE_OTHER,
	SHAPE_MAX
};

#define FLIGHT_MAX	8	/* datagrams of a first flight */
#define TOKEN_MAX	512

struct held {
	size_t		 hd_len;
	uint8_t		 hd_data[1472];
};

struct pconn {
	TAILQ_ENTRY(pconn)	 pc_entry;
	char			 pc_name[PEER_NAME_MAX];
	bool			 pc_server;
	bool			 pc_shared;	/* dialled from a server's */
	bool			 pc_scripted;	/* a script speaks for it */
	bool			 pc_relay;	/* a server, as relays are */
	enum profile		 pc_profile;
	bool			 pc_no_credit;	/* streams of the peer stay */
	bool			 pc_stop_early;	/* STOP_SENDING at once */
	bool			 pc_narrow;	/* no more flow control */
	bool			 pc_ignore;	/* leftovers are allowed */
	bool			 pc_no_pings;	/* skip those of the peer */
	bool			 pc_no_read;	/* pause: packets pile up */
	int			 pc_fd;		/* own, or the server's */
	ngtcp2_conn		*pc_conn;
	SSL			*pc_ssl;
	ngtcp2_crypto_ossl_ctx	*pc_octx;
	ngtcp2_crypto_conn_ref	 pc_ref;
	struct sockaddr_storage	 pc_local;	/* of the socket */
	struct sockaddr_storage	 pc_path;	/* what ngtcp2 takes it for */
	struct sockaddr_storage	 pc_remote;
	socklen_t		 pc_addrlen;
	bool			 pc_up;
	enum conn_end		 pc_end;
	bool			 pc_end_taken;
	uint64_t		 pc_end_code;
	char			 pc_end_reason[256];
	size_t			 pc_end_reason_len;
	TAILQ_HEAD(, pstream)	 pc_streams;
	int64_t			 pc_next_bidi;	/* peer's, in order */
	int64_t			 pc_next_uni;
	STAILQ_HEAD(, dgram)	 pc_dgrams;	/* received */
	STAILQ_HEAD(, dgram)	 pc_dgrams_out;
	uint64_t		 pc_pings;	/* barriers so far */
	char			 pc_sni[256];	/* asked for */
	unsigned int		 pc_star;	/* of connect slot= */
	struct held		*pc_held;	/* first flight, FLIGHT_MAX */
	unsigned int		 pc_nheld;
	bool			 pc_holding;	/* keep it, send nothing */
	uint64_t		 pc_sent[SHAPE_MAX];	/* datagrams */
	uint64_t		 pc_got[SHAPE_MAX];
	uint64_t		 pc_validated;	/* paths, by PATH_RESPONSE */
	uint8_t			 pc_token[TOKEN_MAX];	/* NEW_TOKEN */
	size_t			 pc_token_len;
	bool			 pc_served;	/* server side: greeted */
};

TAILQ_HEAD(pconns, pconn);

struct peer {
	struct pconns		 p_conns;
	struct sockaddr_storage	 p_relay4, p_relay6;
	bool			 p_have4, p_have6;
	enum profile		 p_profile;
	int			 p_server_fd;	/* -1: no server inside */
	int			 p_side_fd[PEER_SIDES];	/* more of it, or -1 */
	SSL_CTX			*p_side_ctx[PEER_SIDES]; /* a relay's */
	size_t			 p_cid_len;	/* of IDs on those */
	SSL_CTX			*p_server_ctx;
	SSL_CTX			*p_client_ctx;
	uint64_t		 p_start;
};

struct ident;

struct conn_options {
	const char	*sni;		/* NULL: none */
	const char	*alpn;		/* NULL: none */
	bool		 v6;
	uint64_t	 streams;	/* initial_max_streams_bidi */
	uint64_t	 window;	/* bytes, and never more; 0: as usual */
	enum profile	 profile;
	uint8_t		 dcid[20];	/* first DCID; unless dcid_len is 0 */
	size_t		 dcid_len;
	unsigned int	 hello;		/* datagrams of it; 0: the profile's */
	bool		 hold;		/* keep the first flight back */
	uint64_t	 rtt;		/* first guess, ns; 0: default */
	const char	*from;		/* local address; NULL: any */
	const int	*shared;	/* dial from this socket, */
	const struct sockaddr_storage *to; /* and to this address */
	uint8_t		 token[TOKEN_MAX];	/* for the Initials */
	size_t		 token_len;	/* 0: none */
	const struct ident *cert;	/* of ours; NULL: none */
	const struct ident *key;	/* NULL: that of cert */
};

/* util.c */
uint64_t now_ns(void);
void	 trace(const char *, ...) __attribute__((format(printf, 1, 2)));
void	 script_error(const char *, ...)
	    __attribute__((noreturn, format(printf, 1, 2)));
void	 failed(const char *, ...)
	    __attribute__((noreturn, format(printf, 1, 2)));
void	 at_line(const char *file, unsigned int line);
void	*xcalloc(size_t, size_t);
char	*xstrdup(const char *);
void	 text_add(struct text *, const void *, size_t);
void	 text_puts(struct text *, const char *);
void	 text_putc(struct text *, char);
void	 text_ints(struct text *, const uint8_t *, size_t);
void	 text_hex(struct text *, const uint8_t *, size_t);
void	 text_free(struct text *);
/* -1: not hex. Blanks between bytes are allowed. */
int	 hex_decode(const char *, uint8_t **, size_t *);
/* A JSON array of integers 0-255; -1: it is not one. */
int	 ints_decode(const char *, uint8_t **, size_t *);
void	 addr_text(const struct sockaddr_storage *, char *, size_t);
void	 addr_parse(const char *, struct sockaddr_storage *);
socklen_t
	 addr_size(const struct sockaddr_storage *);
int	 free_port(const char *range);

/* ident.c */
struct ident {
	char		 id_name[PEER_NAME_MAX];
	uint8_t		 id_secret[32];		/* Ed25519 */
	uint8_t		 id_pub[32];
	char		 id_fp[40];
	uint8_t		 id_tls_secret[32];
	uint8_t		 id_cert[512];		/* DER */
	size_t		 id_cert_len;
	char		 id_tlsfp[96];
};

void	 ident_init(struct ident *, const uint8_t seed[32]);
void	 ident_sign(const uint8_t secret[32], const uint8_t *, size_t,
	    uint8_t sig[64]);
void	 ident_tls_public(const struct ident *, uint8_t pub[32]);
/* The hash of PresenceDigest: 8 digits. */
void	 ident_digest(const struct ident *, const uint8_t salt[16],
	    char out[9]);
bool	 ident_verify(const uint8_t pub[32], const uint8_t *, size_t,
	    const uint8_t sig[64]);
void	 x25519_public(const uint8_t secret[32], uint8_t pub[32]);
void	 sha256(const uint8_t *, size_t, uint8_t out[32]);
void	 tlsfp_text(const uint8_t *der, size_t, char out[96]);

/* tls.c */
SSL_CTX	*tls_client_ctx(enum profile);
/* A ClientHello of so many datagrams. */
void	 tls_hello(SSL *, unsigned int);
SSL_CTX	*tls_server_ctx(const struct ident *);
/* As another relay, with that certificate; `ask' for the client's. */
SSL_CTX	*tls_relay_ctx(const struct ident *, const struct ident *key,
	    bool ask);
/* The certificate of a client; the key may be another one's. */
void	 tls_present(SSL *, const struct ident *, const struct ident *key);
/* As clients of the original are servers: ECDSA, a key of its own. */
SSL_CTX	*tls_desktop_ctx(enum profile);

/* conn.c */
struct pconn
	*conn_dial(struct peer *, const char *name,
	    const struct conn_options *);
struct pconn
	*conn_accept(struct peer *, int fd, const struct sockaddr_storage *,
	    const uint8_t *, size_t);
void	 conn_input(struct pconn *, const uint8_t *, size_t);
void	 conn_flush(struct pconn *);
void	 conn_send(struct pconn *, const uint8_t *, size_t);
void	 conn_timer(struct pconn *, uint64_t now);
uint64_t conn_expiry(const struct pconn *);
void	 conn_close(struct pconn *, uint64_t code, const char *, size_t);
void	 conn_vanish(struct pconn *);
void	 conn_free(struct pconn *);
const char
	*conn_end_text(const struct pconn *);
int	 conn_cert(const struct pconn *, uint8_t **, size_t *);
int	 conn_exporter(const struct pconn *, uint8_t out[32]);
void	 conn_path(struct pconn *, ngtcp2_path *);
/* A socket to the relay, from that address or any; sets pc_local. */
void	 conn_socket(struct pconn *, const char *from);

/* shape.c: shapes of datagrams, first flights, changes of address */
enum shape
	 shape_of(const uint8_t *, size_t);
void	 shape_dcid(struct conn_options *, const char *);
unsigned int
	 conn_slot(const struct pconn *);
int	 flight_hold(struct pconn *, const uint8_t *, size_t);
void	 flight_send(struct pconn *, const char *order);

/* pulse.c: datagrams at a steady pace, beside everything else */
uint64_t pulse_expiry(void);
void	 pulse_turn(uint64_t now);
/* True: it was one of these. */
bool	 pulse_take(struct pconn *, const uint8_t *, size_t);
void	 pulse_free(void);

/* stream.c */
struct pstream
	*stream_open(struct pconn *, const char *name, bool uni);
struct pstream
	*stream_find(struct pconn *, const char *name);
struct pstream
	*stream_by_id(struct pconn *, int64_t);
struct pstream
	*stream_new(struct pconn *, int64_t);
void	 stream_write(struct pstream *, const void *, size_t);
void	 stream_fin(struct pstream *);
void	 stream_reset(struct pconn *, struct pstream *, uint64_t);
void	 stream_stop(struct pconn *, struct pstream *, uint64_t);
void	 stream_send_message(struct pconn *, const void *, size_t);
/* Leaves out Pings that are next, where they are to be ignored. */
void	 stream_skip_pings(struct pconn *);
/* The next message of the peer in stream-ID order; NULL: none yet. */
struct pstream
	*stream_next_message(struct pconn *, const char **why);
struct pstream
	*stream_next_uni(struct pconn *);
/* Our half of a stream the peer opened, when its message is there. */
void	 stream_answer(struct pconn *, struct pstream *);
void	 stream_free(struct pstream *);

/* loop.c */
typedef bool until_fn(void *);
void	 loop_init(struct peer *);
/* True: the condition came true before the deadline. */
bool	 loop_until(struct peer *, until_fn *, void *, uint64_t deadline);

/* bare.c: is it a socket of the script? */
bool	 side_is(const struct peer *, int fd);
/* What a server is on that socket; NULL: not a relay. */
SSL_CTX	*side_ctx(const struct peer *, int fd);

/* serve.c: the loopback server that the controls run against */
void	 serve_start(struct peer *);
void	 serve_turn(struct pconn *);
/* Of no connection.  True: it is nothing for QUIC either. */
bool	 serve_packet(struct peer *, int fd, const struct sockaddr_storage *,
	    const uint8_t *, size_t);

/* match.c */
typedef void capture_fn(void *, const char *name, const char *, size_t);
/*
 * Byte for byte, where an asterisk outside of a string stands for one JSON
 * value, *<name> captures it.  -1: equal; else the offset of the difference
 * in the text, and *pat_off in the pattern.
 */
ssize_t	 match_bytes(const char *pat, size_t, const char *, size_t,
	    size_t *pat_off, capture_fn *, void *);
/* Values, the order of keys aside.  0: equal; -1 and why. */
int	 match_values(const char *pat, size_t, const char *, size_t,
	    char *why, size_t, capture_fn *, void *);

/* script.c */
int	 script_run(struct peer *, const char *file);

#endif /* WZP_REGRESS_PEER_H */
