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

/* Vectors of identities, room names and the key exchange. */

#include "config.h"

#include <openssl/sha.h>

#include <stdio.h>
#include <string.h>

#include "common/wire/identity.h"
#include "regress/vectors/vectors.h"

#define SIGNED_MAX	256

static bool	 signature_is(const struct identity *, const void *, size_t,
		    const char *);
static bool	 signatures_ok(const struct identity *, yyjson_val *);
static bool	 tls_ok(const struct identity *, yyjson_val *);
static bool	 fp_hex_is(const char *, const char *);
static size_t	 label_of(const char *, char[64], size_t *);

/* Signing is deterministic: both directions can be compared. */
static bool
signature_is(const struct identity *id, const void *p, size_t len,
    const char *hex)
{
	uint8_t	 sig[64];

	if (identity_sign(id->id_secret, p, len, sig) == -1 ||
	    !hex_is(hex, sig, sizeof(sig)))
		return (false);
	return (identity_verify(id->id_pub, p, len, sig, sizeof(sig)));
}

static bool
signatures_ok(const struct identity *id, yyjson_val *sigs)
{
	yyjson_val	*in = get(sigs, "inputs");
	const char	*target, *call_id;
	uint8_t		 eph[32], buf[SIGNED_MAX], sig[64];
	size_t		 len;

	if (unhex(get_str(in, "ephemeral_pub"), eph, 32) != 32)
		return (false);
	target = get_str(in, "target_fingerprint");
	call_id = get_str(in, "call_id");

	if (!signature_is(id, "", 0, get_str(sigs, "empty")) ||
	    !signature_is(id, "hello warzone", 13,
	    get_str(sigs, "hello_warzone")))
		return (false);

	if (identity_sign_offer(id->id_secret, eph, sig) == -1 ||
	    !hex_is(get_str(get(sigs, "call_offer"), "sig"), sig, 64) ||
	    !identity_verify_offer(id->id_pub, eph, sig, 64) ||
	    identity_verify_answer(id->id_pub, eph, sig, 64))
		return (false);
	if (identity_sign_answer(id->id_secret, eph, sig) == -1 ||
	    !hex_is(get_str(get(sigs, "call_answer"), "sig"), sig, 64) ||
	    !identity_verify_answer(id->id_pub, eph, sig, 64) ||
	    identity_verify_offer(id->id_pub, eph, sig, 64))
		return (false);

	memcpy(buf, "register-presence", 17);
	memcpy(buf + 17, id->id_pub, 32);
	if (!signature_is(id, buf, 49,
	    get_str(get(sigs, "register_presence"), "sig")))
		return (false);

	memcpy(buf, eph, 32);
	len = 32 + (size_t)snprintf((char *)buf + 32, sizeof(buf) - 32,
	    "%s%s", target, call_id);
	if (!signature_is(id, buf, len,
	    get_str(get(sigs, "direct_call_offer"), "sig")))
		return (false);

	len = unhex(get_str(in, "session_id"), buf + 32, 8);
	return (len <= 8 && signature_is(id, buf, 32 + len,
	    get_str(get(sigs, "rekey"), "sig")));
}

static bool
tls_ok(const struct identity *id, yyjson_val *tls)
{
	uint8_t	 der[IDENTITY_CERT_MAX], hash[32];
	char	 fp[TLS_FP_STRLEN], ui[17];
	int	 len;

	if ((len = identity_certificate(id->id_tls_secret, der)) == -1 ||
	    identity_ui_fp(der, (size_t)len, ui) == -1)
		return (false);
	SHA256(der, (size_t)len, hash);
	identity_tls_fp(hash, fp);
	return (hex_is(get_str(tls, "ed25519_secret"), id->id_tls_secret,
	    32) &&
	    hex_is(get_str(tls, "ed25519_pub"), id->id_tls_pub, 32) &&
	    hex_is(get_str(tls, "cert_der"), der, (size_t)len) &&
	    same(get_str(tls, "cert_sha256"), fp) &&
	    same(get_str(tls, "desktop_server_fingerprint_siphash13"), ui));
}

static bool
fp_hex_is(const char *hex, const char *fp)
{
	char	 plain[IDENTITY_FP_STRLEN], *p = plain;

	for (; *fp != '\0'; fp++)
		if (*fp != ':')
			*p++ = *fp;
	*p = '\0';
	return (same(hex, plain));
}

void
check_identities(struct tally *t, yyjson_val *list)
{
	struct identity	 id;
	yyjson_val	*v;
	size_t		 i, max;
	uint8_t		 seed[32];
	char		 fp[IDENTITY_FP_STRLEN];
	bool		 ok;

	yyjson_arr_foreach(list, i, max, v) {
		ok = identity_seed_parse(get_str(v, "seed"), 64, seed) == 0 &&
		    identity_from_seed(&id, seed) == 0;
		if (ok) {
			identity_fingerprint(id.id_pub, fp);
			ok = hex_is(get_str(v, "ed25519_secret"),
			    id.id_secret, 32) &&
			    hex_is(get_str(v, "ed25519_pub"), id.id_pub, 32) &&
			    hex_is(get_str(v, "x25519_secret"),
			    id.id_x25519_secret, 32) &&
			    hex_is(get_str(v, "x25519_pub"),
			    id.id_x25519_pub, 32) &&
			    same(get_str(v, "fingerprint"), fp) &&
			    fp_hex_is(get_str(v, "fingerprint_hex"), fp) &&
			    tls_ok(&id, get(v, "tls")) &&
			    signatures_ok(&id, get(v, "signatures"));
			identity_wipe(&id);
		}
		tally(t, ok, get_str(v, "name"));
	}
}

void
check_fingerprint_parse(struct tally *t, yyjson_val *list)
{
	yyjson_val	*v;
	size_t		 i, max;
	char		 fp[IDENTITY_FP_STRLEN];
	bool		 ok;

	yyjson_arr_foreach(list, i, max, v) {
		ok = identity_fingerprint_parse(get_str(v, "in"), fp) == 0;
		if (!ok)
			ok = !get_bool(v, "ok");
		else
			ok = get_bool(v, "ok") &&
			    same(get_str(v, "display"), fp) &&
			    fp_hex_is(get_str(v, "hex"), fp) &&
			    identity_fingerprint_valid(fp);
		tally(t, ok, get_str(v, "in"));
	}
}

void
check_rooms(struct tally *t, yyjson_val *list)
{
	yyjson_val	*v;
	size_t		 i, max;
	uint8_t		 tag[8], tag_of_hash[8];
	char		 hash[33];
	bool		 ok;

	yyjson_arr_foreach(list, i, max, v) {
		identity_room_tag(get_str(v, "name"), tag);
		ok = identity_hash_room(get_str(v, "name"), hash) == 0;
		if (ok) {
			identity_room_tag(hash, tag_of_hash);
			ok = same(get_str(v, "hash_room_name"), hash) &&
			    hex_is(get_str(v, "federation_room_hash"), tag,
			    8) &&
			    hex_is(get_str(v,
			    "federation_room_hash_of_hashed"), tag_of_hash, 8);
		}
		tally(t, ok, get_str(v, "name"));
	}
}

void
check_x25519(struct tally *t, yyjson_val *v)
{
	uint8_t	 a[32], b[32], a_pub[32], b_pub[32], ab[32], ba[32];
	bool	 ok;

	ok = unhex(get_str(v, "a_secret"), a, 32) == 32 &&
	    unhex(get_str(v, "b_secret"), b, 32) == 32 &&
	    identity_x25519_pub(a, a_pub) == 0 &&
	    identity_x25519_pub(b, b_pub) == 0 &&
	    identity_x25519(a, b_pub, ab) == 0 &&
	    identity_x25519(b, a_pub, ba) == 0 &&
	    hex_is(get_str(v, "a_pub"), a_pub, 32) &&
	    hex_is(get_str(v, "b_pub"), b_pub, 32) &&
	    hex_is(get_str(v, "shared"), ab, 32) &&
	    memcmp(ab, ba, 32) == 0;
	tally(t, ok, "x25519");
}

/* "label (length...)": the length, 0 when there is none. */
static size_t
label_of(const char *s, char label[64], size_t *len)
{
	unsigned int	 n;

	if (sscanf(s, "%63s (%u", label, &n) != 2)
		return (0);
	return (*len = n);
}

/* The labels as written down give the keys as recorded. */
void
check_hkdf_labels(struct tally *t, yyjson_val *kx)
{
	yyjson_val	*labels = get(kx, "hkdf_labels");
	uint8_t		 shared[32], out[64];
	char		 label[64];
	size_t		 len;
	uint32_t	 n;
	bool		 ok;

	ok = unhex(get_str(get(kx, "x25519"), "shared"), shared, 32) == 32;
	tally(t, ok && same(get_str(labels, "salt"), "none"), "salt");
	tally(t, ok && label_of(get_str(labels, "session_key"), label,
	    &len) == 32 && identity_hkdf(shared, 32, label, out, len) == 0 &&
	    hex_is(get_str(kx, "session_key"), out, len), "session_key");
	ok = ok && label_of(get_str(labels, "sas"), label, &len) == 4 &&
	    identity_hkdf(shared, 32, label, out, len) == 0;
	n = (uint32_t)out[0] << 24 | (uint32_t)out[1] << 16 |
	    (uint32_t)out[2] << 8 | out[3];
	tally(t, ok && n % 10000 == get_uint(kx, "sas"), "sas");
}

void
check_session_key(struct tally *t, yyjson_val *kx)
{
	uint8_t		 shared[32], key[32];
	unsigned int	 sas;

	tally(t, unhex(get_str(get(kx, "x25519"), "shared"), shared,
	    32) == 32 && identity_session(shared, key, &sas) == 0 &&
	    hex_is(get_str(kx, "session_key"), key, 32), "session key");
}

void
check_sas(struct tally *t, yyjson_val *kx)
{
	uint8_t		 shared[32], key[32];
	unsigned int	 sas = 0;
	char		 text[16];
	bool		 ok;

	ok = unhex(get_str(get(kx, "x25519"), "shared"), shared, 32) == 32 &&
	    identity_session(shared, key, &sas) == 0;
	snprintf(text, sizeof(text), "%04u", sas);
	tally(t, ok && get_uint(kx, "sas") == sas &&
	    same(get_str(kx, "sas_display"), text), "sas");
}
