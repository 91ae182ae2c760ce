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
 * Variables of scripts; see vars.h.
 */
#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regress/peer/vars.h"

struct named_ident {
	TAILQ_ENTRY(named_ident) ni_entry;
	struct ident		 ni_ident;
};

struct named_key {
	TAILQ_ENTRY(named_key)	 nk_entry;
	char			 nk_name[PEER_NAME_MAX];
	uint8_t			 nk_pub[32];
};

struct var {
	TAILQ_ENTRY(var)	 va_entry;
	char			 va_name[PEER_NAME_MAX];
	char			*va_value;
};

struct vars {
	struct peer			*vs_peer;
	TAILQ_HEAD(, named_ident)	 vs_idents;
	TAILQ_HEAD(, named_key)		 vs_keys;
	TAILQ_HEAD(, var)		 vs_vars;
};

static void	 copy_name(char[PEER_NAME_MAX], const char *);
static void	 expand_ident(struct vars *, const struct ident *,
		    const char *, const char *, struct text *);
static void	 expand_relay(struct vars *, const char *, struct text *);
static void	 expand_conn(const struct pconn *, const char *,
		    struct text *);

struct vars *
vars_new(struct peer *p)
{
	struct vars	*vs;

	vs = xcalloc(1, sizeof(*vs));
	vs->vs_peer = p;
	TAILQ_INIT(&vs->vs_idents);
	TAILQ_INIT(&vs->vs_keys);
	TAILQ_INIT(&vs->vs_vars);
	return (vs);
}

void
vars_free(struct vars *vs)
{
	struct named_ident	*ni;
	struct named_key	*nk;
	struct var		*va;

	while ((ni = TAILQ_FIRST(&vs->vs_idents)) != NULL) {
		TAILQ_REMOVE(&vs->vs_idents, ni, ni_entry);
		free(ni);
	}
	while ((nk = TAILQ_FIRST(&vs->vs_keys)) != NULL) {
		TAILQ_REMOVE(&vs->vs_keys, nk, nk_entry);
		free(nk);
	}
	while ((va = TAILQ_FIRST(&vs->vs_vars)) != NULL) {
		TAILQ_REMOVE(&vs->vs_vars, va, va_entry);
		free(va->va_value);
		free(va);
	}
	free(vs);
}

static void
copy_name(char dst[PEER_NAME_MAX], const char *name)
{
	if (snprintf(dst, PEER_NAME_MAX, "%s", name) >= PEER_NAME_MAX)
		script_error("name %s is too long", name);
}

static void
secret32(const char *hex, uint8_t out[32])
{
	uint8_t	*raw;
	size_t	 len;

	if (hex_decode(hex, &raw, &len) == -1 || len != 32)
		script_error("want 64 hex digits, not %s", hex);
	memcpy(out, raw, 32);
	free(raw);
}

void
vars_seed(struct vars *vs, const char *name, const char *hex)
{
	struct named_ident	*ni;
	uint8_t			 seed[32];

	secret32(hex, seed);
	ni = xcalloc(1, sizeof(*ni));
	copy_name(ni->ni_ident.id_name, name);
	ident_init(&ni->ni_ident, seed);
	TAILQ_INSERT_HEAD(&vs->vs_idents, ni, ni_entry);
}

void
vars_key(struct vars *vs, const char *name, const char *hex)
{
	struct named_key	*nk;
	uint8_t			 secret[32];

	secret32(hex, secret);
	nk = xcalloc(1, sizeof(*nk));
	copy_name(nk->nk_name, name);
	x25519_public(secret, nk->nk_pub);
	TAILQ_INSERT_HEAD(&vs->vs_keys, nk, nk_entry);
}

void
vars_set(struct vars *vs, const char *name, const char *value, size_t len)
{
	struct text	 t;
	struct var	*va;

	TAILQ_FOREACH(va, &vs->vs_vars, va_entry)
		if (strcmp(va->va_name, name) == 0)
			break;
	if (va == NULL) {
		va = xcalloc(1, sizeof(*va));
		copy_name(va->va_name, name);
		TAILQ_INSERT_HEAD(&vs->vs_vars, va, va_entry);
	}
	memset(&t, 0, sizeof(t));
	text_add(&t, value, len);
	free(va->va_value);
	va->va_value = t.t_buf;
}

const struct ident *
vars_ident(struct vars *vs, const char *name)
{
	struct named_ident	*ni;

	TAILQ_FOREACH(ni, &vs->vs_idents, ni_entry)
		if (strcmp(ni->ni_ident.id_name, name) == 0)
			return (&ni->ni_ident);
	return (NULL);
}

static const struct named_key *
find_key(struct vars *vs, const char *name)
{
	struct named_key	*nk;

	TAILQ_FOREACH(nk, &vs->vs_keys, nk_entry)
		if (strcmp(nk->nk_name, name) == 0)
			return (nk);
	return (NULL);
}

struct pconn *
vars_conn(struct peer *p, const char *name)
{
	struct pconn	*pc, *found = NULL;

	TAILQ_FOREACH(pc, &p->p_conns, pc_entry)
		if ((!pc->pc_server || pc->pc_scripted) &&
		    strcmp(pc->pc_name, name) == 0)
			found = pc;
	return (found);
}

static void
put_signature(const struct ident *id, const struct text *tbs,
    struct text *out)
{
	uint8_t	 sig[64];

	ident_sign(id->id_secret, (const uint8_t *)tbs->t_buf, tbs->t_len,
	    sig);
	text_ints(out, sig, sizeof(sig));
}

/*
 * Proof of possession: label 00 X identity_pub [room], X being 32 bytes of
 * TLS exporter of that very connection.
 */
static void
put_proof(struct vars *vs, const struct ident *id, const char *label,
    const char *conn, const char *room, struct text *out)
{
	struct pconn	*pc;
	struct text	 tbs;
	uint8_t		 x[32];

	if ((pc = vars_conn(vs->vs_peer, conn)) == NULL ||
	    conn_exporter(pc, x) == -1)
		script_error("proof: no established connection %s", conn);
	memset(&tbs, 0, sizeof(tbs));
	text_add(&tbs, label, strlen(label) + 1);
	text_add(&tbs, x, sizeof(x));
	text_add(&tbs, id->id_pub, 32);
	text_puts(&tbs, room);
	put_signature(id, &tbs, out);
	text_free(&tbs);
}

/* So many characters of a fingerprint, without its colons. */
static void
put_plain(const char *fp, size_t len, struct text *out)
{
	size_t	 i;

	for (i = 0; i < len && fp[i] != '\0'; i++)
		if (fp[i] != ':')
			text_putc(out, fp[i]);
}

static void
put_digest(const struct ident *id, const char *hex, struct text *out)
{
	uint8_t	*salt;
	char	 digest[9];
	size_t	 len;

	if (hex_decode(hex, &salt, &len) == -1 || len != 16)
		script_error("digest: not 32 hex digits: %s", hex);
	ident_digest(id, salt, digest);
	free(salt);
	text_puts(out, digest);
}

static void
expand_ident(struct vars *vs, const struct ident *id, const char *field,
    const char *args, struct text *out)
{
	const struct named_key	*nk;
	struct text		 tbs;
	uint8_t			*raw;
	char			*arg2, first[PEER_NAME_MAX];
	size_t			 len;

	memset(&tbs, 0, sizeof(tbs));
	arg2 = strchr(args, ',');
	snprintf(first, sizeof(first), "%.*s", arg2 == NULL ?
	    (int)strlen(args) : (int)(arg2 - args), args);
	if (arg2 != NULL)
		arg2++;

	if (strcmp(field, "pub") == 0)
		text_ints(out, id->id_pub, 32);
	else if (strcmp(field, "pubhex") == 0)
		text_hex(out, id->id_pub, 32);
	else if (strcmp(field, "fp") == 0)
		text_puts(out, id->id_fp);
	else if (strcmp(field, "tlsfp") == 0)
		text_puts(out, id->id_tlsfp);
	else if (strcmp(field, "tlshex") == 0)
		put_plain(id->id_tlsfp, sizeof(id->id_tlsfp), out);
	else if (strcmp(field, "tls4") == 0)
		put_plain(id->id_tlsfp, 12, out);
	else if (strcmp(field, "digest") == 0)
		put_digest(id, args, out);
	else if (strcmp(field, "der") == 0)
		text_hex(out, id->id_cert, id->id_cert_len);
	else if (strcmp(field, "regsig") == 0) {
		text_puts(&tbs, "register-presence");
		text_add(&tbs, id->id_pub, 32);
		put_signature(id, &tbs, out);
	} else if (strcmp(field, "sig") == 0 && arg2 != NULL) {
		if ((nk = find_key(vs, arg2)) == NULL)
			script_error("no key %s", arg2);
		text_add(&tbs, nk->nk_pub, 32);
		text_puts(&tbs, "call-");
		text_puts(&tbs, first);
		put_signature(id, &tbs, out);
	} else if (strcmp(field, "sign") == 0) {
		if (hex_decode(args, &raw, &len) == -1)
			script_error("sign: not hex: %s", args);
		text_add(&tbs, raw, len);
		free(raw);
		put_signature(id, &tbs, out);
	} else if (strcmp(field, "proof") == 0)
		put_proof(vs, id, "wzp-register-v1", first, "", out);
	else if (strcmp(field, "roomproof") == 0 && arg2 != NULL)
		put_proof(vs, id, "wzp-room-v1", first, arg2, out);
	else
		script_error("no field %s of an identity", field);
	text_free(&tbs);
}

static void
expand_relay(struct vars *vs, const char *field, struct text *out)
{
	struct sockaddr_storage	*ss;
	char			 buf[64];

	ss = strcmp(field, "addr6") == 0 ? &vs->vs_peer->p_relay6 :
	    &vs->vs_peer->p_relay4;
	addr_text(ss, buf, sizeof(buf));
	if (strcmp(field, "port") == 0)
		text_puts(out, strrchr(buf, ':') + 1);
	else if (strcmp(field, "addr") == 0 || strcmp(field, "addr6") == 0)
		text_puts(out, buf);
	else
		script_error("no field %s of the relay", field);
}

static void
expand_conn(const struct pconn *pc, const char *field, struct text *out)
{
	char	 buf[64];

	addr_text(&pc->pc_local, buf, sizeof(buf));
	if (strcmp(field, "addr") == 0)
		text_puts(out, buf);
	else if (strcmp(field, "port") == 0)
		text_puts(out, strrchr(buf, ':') + 1);
	else if (strcmp(field, "sni") == 0)
		text_puts(out, pc->pc_sni);
	else if (strcmp(field, "slot") == 0) {
		snprintf(buf, sizeof(buf), "%u", conn_slot(pc));
		text_puts(out, buf);
	} else if (strcmp(field, "star") == 0) {
		snprintf(buf, sizeof(buf), "%u", pc->pc_star);
		text_puts(out, buf);
	} else
		script_error("no field %s of a connection", field);
}

/* A word of letters, digits and underscores at *s. */
static void
take_name(const char **s, char name[PEER_NAME_MAX])
{
	size_t	 n = 0;

	while (isalnum((unsigned char)**s) || **s == '_') {
		if (n + 1 >= PEER_NAME_MAX)
			script_error("name too long at %s", *s);
		name[n++] = *(*s)++;
	}
	name[n] = '\0';
}

/* $NAME, or $NAME.bare: of a JSON string what its quotes enclose. */
static void
put_var(const char *value, const char **s, struct text *out)
{
	size_t	 len = strlen(value);

	if (strncmp(*s, ".bare", 5) != 0) {
		text_puts(out, value);
		return;
	}
	*s += 5;
	if (len < 2 || value[0] != '"' || value[len - 1] != '"')
		script_error("not a string: %s", value);
	text_add(out, value + 1, len - 2);
}

static void
expand_one(struct vars *vs, const char **s, struct text *out)
{
	const struct named_key	*nk;
	const struct ident	*id;
	struct pconn		*pc;
	struct var		*va;
	char			 name[PEER_NAME_MAX], field[PEER_NAME_MAX];
	char			 args[512], *inner;
	const char		*end;

	take_name(s, name);
	if (name[0] == '\0')
		script_error("stray $");
	TAILQ_FOREACH(va, &vs->vs_vars, va_entry) {
		if (strcmp(va->va_name, name) == 0) {
			put_var(va->va_value, s, out);
			return;
		}
	}
	if (**s != '.')
		script_error("no variable $%s", name);
	(*s)++;
	take_name(s, field);
	args[0] = '\0';
	if (**s == '(') {
		if ((end = strchr(*s, ')')) == NULL ||
		    (size_t)(end - *s) > sizeof(args))
			script_error("bad arguments of $%s", name);
		snprintf(args, sizeof(args), "%.*s", (int)(end - *s - 1),
		    *s + 1);
		*s = end + 1;
		/* They may name others, as in $A.digest($salt.bare). */
		inner = vars_expand(vs, args);
		if ((size_t)snprintf(args, sizeof(args), "%s", inner) >=
		    sizeof(args))
			script_error("long arguments of $%s", name);
		free(inner);
	}
	if (strcmp(name, "relay") == 0)
		expand_relay(vs, field, out);
	else if (strcmp(name, "env") == 0) {
		if ((end = getenv(field)) == NULL)
			script_error("no %s in the environment", field);
		text_puts(out, end);
	} else if ((id = vars_ident(vs, name)) != NULL)
		expand_ident(vs, id, field, args, out);
	else if ((nk = find_key(vs, name)) != NULL) {
		if (strcmp(field, "pub") != 0)
			script_error("no field %s of a key", field);
		text_ints(out, nk->nk_pub, 32);
	} else if ((pc = vars_conn(vs->vs_peer, name)) != NULL)
		expand_conn(pc, field, out);
	else
		script_error("no name $%s", name);
}

char *
vars_expand(struct vars *vs, const char *s)
{
	struct text	 t;

	memset(&t, 0, sizeof(t));
	text_add(&t, "", 0);
	while (*s != '\0') {
		if (*s != '$') {
			text_putc(&t, *s++);
			continue;
		}
		s++;
		if (*s == '$') {
			text_putc(&t, *s++);
			continue;
		}
		expand_one(vs, &s, &t);
	}
	return (t.t_buf);
}
