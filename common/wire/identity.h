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
 * Identities (wzp-protocol 4, 1.5, 5.3): keys from a 32-byte seed,
 * fingerprints, the relay's deterministic certificate, what is signed.
 */
#ifndef WZP_WIRE_IDENTITY_H
#define WZP_WIRE_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IDENTITY_FP_LEN		16
#define IDENTITY_FP_STRLEN	40	/* with NUL */
#define IDENTITY_CERT_MAX	512
#define TLS_FP_STRLEN		96	/* 32 x "xx:" */

struct identity {
	uint8_t	id_secret[32];		/* Ed25519 secret seed */
	uint8_t	id_pub[32];
	uint8_t	id_x25519_secret[32];	/* derived, never used on the wire */
	uint8_t	id_x25519_pub[32];
	uint8_t	id_tls_secret[32];	/* relays */
	uint8_t	id_tls_pub[32];
};

/* -1: crypto library failed.  Wipe with identity_wipe(). */
int	 identity_from_seed(struct identity *, const uint8_t seed[32]);
/* The public key of an Ed25519 secret seed. */
int	 identity_public(const uint8_t secret[32], uint8_t pub[32]);
void	 identity_wipe(struct identity *);
void	 identity_fingerprint(const uint8_t pub[32],
	    char out[IDENTITY_FP_STRLEN]);
/* The canonical form of its bytes. */
void	 identity_fingerprint_print(const uint8_t fp[IDENTITY_FP_LEN],
	    char out[IDENTITY_FP_STRLEN]);
/* As the original's parser: see the vectors; canonical form out. -1: bad */
int	 identity_fingerprint_parse(const char *,
	    char out[IDENTITY_FP_STRLEN]);
/* Exactly the canonical form of 4.2? */
bool	 identity_fingerprint_valid(const char *);
int	 identity_sign(const uint8_t secret[32], const void *, size_t,
	    uint8_t sig[64]);
bool	 identity_verify(const uint8_t pub[32], const void *, size_t,
	    const uint8_t *sig, size_t siglen);
/* DER length, or -1.  The certificate of 1.5, a function of the TLS key. */
int	 identity_certificate(const uint8_t tls_secret[32],
	    uint8_t out[IDENTITY_CERT_MAX]);
/* "aa:bb:..." of a SHA-256. */
void	 identity_tls_fp(const uint8_t sha256[32], char out[TLS_FP_STRLEN]);
/* The other "server fingerprint", 16 hex digits (1.5). */
int	 identity_ui_fp(const uint8_t *cert, size_t len, char out[17]);

/* signature of CallOffer / CallAnswer: ephemeral || "call-offer"/"-answer" */
int	 identity_sign_offer(const uint8_t secret[32],
	    const uint8_t ephemeral[32], uint8_t sig[64]);
int	 identity_sign_answer(const uint8_t secret[32],
	    const uint8_t ephemeral[32], uint8_t sig[64]);
bool	 identity_verify_offer(const uint8_t pub[32],
	    const uint8_t ephemeral[32], const uint8_t *sig, size_t);
bool	 identity_verify_answer(const uint8_t pub[32],
	    const uint8_t ephemeral[32], const uint8_t *sig, size_t);

/*
 * Proof of possession (doc/PROTOCOL): label 00 || X || pub [|| room], X the
 * TLS exporter "EXPORTER-wzp-proof", 32 bytes.  room NULL: registration.
 */
int	 identity_prove(const uint8_t secret[32], const uint8_t exporter[32],
	    const uint8_t pub[32], const char *room, uint8_t sig[64]);
bool	 identity_proven(const uint8_t exporter[32], const uint8_t pub[32],
	    const char *room, const uint8_t *sig, size_t);

/* X25519, session key and SAS of 8.2 (agreed with the relay, unused). */
int	 identity_x25519(const uint8_t secret[32], const uint8_t peer[32],
	    uint8_t shared[32]);	/* -1 also for an all-zero result */
int	 identity_x25519_pub(const uint8_t secret[32], uint8_t pub[32]);
int	 identity_session(const uint8_t shared[32], uint8_t key[32],
	    unsigned int *sas);
int	 identity_hkdf(const uint8_t *ikm, size_t, const char *info,
	    uint8_t *out, size_t outlen);

/* "featherchat-group:" hash (4.5): 32 hex digits. */
int	 identity_hash_room(const char *name, char out[33]);
/* First 8 bytes of SHA-256(canonical room name) (9.5). */
void	 identity_room_tag(const char *name, uint8_t out[8]);

/* 64 hex digits, white space around; -1: corrupt. */
int	 identity_seed_parse(const char *, size_t, uint8_t seed[32]);

#endif /* WZP_WIRE_IDENTITY_H */
