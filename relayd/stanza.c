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

/* Other relays in the configuration (see stanza.h). */

#include "config.h"

#include <netinet/in.h>

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/log.h"
#include "common/quic/params.h"
#include "common/quic/sni.h"
#include "relayd/stanza.h"

/* Forms of fingerprints (wzp-protocol 1.5, 4.2), in characters. */
#define FORM_TLS	(3 * TLS_HASH_LEN - 1)	/* aa:bb: ... */
#define FORM_PLAIN	(2 * TLS_HASH_LEN)
#define FORM_CLIENT	(FP_STRLEN - 1)
#define FORM_SHORT	16

static int	host_of(const char *, long, char *, uint64_t *,
		    struct addr *, const char **);
static const char
		*fingerprint_of(const char *, uint8_t[TLS_HASH_LEN]);
static const char
		*room_refused(const char *);
static void	number_peers(const struct config *, struct config *);
static void	number_probes(const struct config *, struct config *);
static void	number_rest(uint64_t *, uint64_t);

/*
 * A host as text, the address too when it is one.  Names in lower case, so
 * that they can be compared.
 */
static int
host_of(const char *text, long port, char *host, uint64_t *number,
    struct addr *addr, const char **why)
{
	char	full[HOST_STRLEN + 16];
	size_t	i, len = strlen(text);

	memset(addr, 0, sizeof(*addr));
	if (port < 1 || port > 65535) {
		*why = "a port is a number from 1 to 65535";
		return (-1);
	}
	if (len >= HOST_STRLEN) {
		*why = "host name too long";
		return (-1);
	}
	for (i = 0; i <= len; i++)
		host[i] = (char)tolower((unsigned char)text[i]);
	*number = (uint64_t)port;
	(void)snprintf(full, sizeof(full), strchr(host, ':') != NULL ?
	    "[%s]:%ld" : "%s:%ld", host, port);
	if (addr_parse(addr, full) == 0)
		return (0);
	if (len > 0 && host[len - 1] == '.')
		len--;
	if (!sni_valid(host, len)) {
		*why = "neither an IP address nor a host name";
		return (-1);
	}
	return (0);
}

/* NULL, or what is wrong with it. */
static const char *
fingerprint_of(const char *text, uint8_t out[TLS_HASH_LEN])
{
	static const char	form[] = "a relay's fingerprint is 32 pairs "
				    "of hexadecimal digits, aa:bb: and so "
				    "on; `relayd -F' there prints it; wrong:";
	size_t			i, step, len = strlen(text);
	int			high, low;

	if (len == FORM_CLIENT && strspn(text, ":0123456789abcdefABCDEF") ==
	    len && text[4] == ':')
		return ("that is the fingerprint of a client; that of the "
		    "relay is wanted: 32 pairs of hexadecimal digits; "
		    "`relayd -F' there prints it; wrong:");
	if (len == FORM_SHORT && strspn(text, "0123456789abcdefABCDEF") ==
	    len)
		return ("that is the short form which clients show; the "
		    "whole one is wanted: 32 pairs of hexadecimal digits; "
		    "`relayd -F' there prints it; wrong:");
	if (len != FORM_TLS && len != FORM_PLAIN)
		return (form);
	step = len == FORM_TLS ? 3 : 2;
	for (i = 0; i < TLS_HASH_LEN; i++) {
		high = bytes_digit_any(text[step * i]);
		low = bytes_digit_any(text[step * i + 1]);
		if (high == -1 || low == -1 || (step == 3 &&
		    i + 1 < TLS_HASH_LEN && text[step * i + 2] != ':'))
			return (form);
		out[i] = (uint8_t)(high << 4 | low);
	}
	return (NULL);
}

const char *
stanza_dialable(const struct config *cf, const struct addr *a)
{
	const struct listener	*ln;
	struct addr		 own;
	const uint8_t		*b;
	int			 family = addr_family(a);
	bool			 v6 = family == AF_INET6;

	if (a->addr_len == 0 || addr_port(a) == 0 || addr_is_any(a))
		return ("not an address of a machine");
	b = (const uint8_t *)&a->addr_u.in.sin_addr;
	/* This network, multicast, reserved, broadcast (RFC 6890). */
	if (!v6 && (b[0] == 0 || b[0] >= 224))
		return ("not an address of one machine");
	if (v6 && (IN6_IS_ADDR_MULTICAST(&a->addr_u.in6.sin6_addr) ||
	    IN6_IS_ADDR_V4MAPPED(&a->addr_u.in6.sin6_addr) ||
	    IN6_IS_ADDR_V4COMPAT(&a->addr_u.in6.sin6_addr)) &&
	    !addr_is_loopback(a))
		return ("not an address of one machine");
	TAILQ_FOREACH(ln, &cf->cf_listeners, ln_entry)
		if (addr_family(&ln->ln_addr) == family &&
		    addr_port(&ln->ln_addr) == addr_port(a) &&
		    (addr_same_host(&ln->ln_addr, a) ||
		    (addr_is_any(&ln->ln_addr) && addr_is_loopback(a))))
			return ("that is this relay itself");
	if ((addr_parse(&own, cf->cf_settings.advertise4) == 0 &&
	    addr_equal(&own, a)) ||
	    (addr_parse(&own, cf->cf_settings.advertise6) == 0 &&
	    addr_equal(&own, a)))
		return ("that is this relay itself");
	return (NULL);
}

int
stanza_begin(struct config *cf, const char *name, const char **why)
{
	struct conf_peer	*cp;
	size_t			 len = strlen(name);

	stanza_drop(cf);
	if ((cp = calloc(1, sizeof(*cp))) == NULL) {
		*why = "out of memory";
		return (-1);
	}
	cf->cf_stanza = cp;
	/* One word of a request to the control socket. */
	if (len == 0 || len >= PEER_NAME_LEN || strspn(name,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	    "._-") != len) {
		*why = "the name of a peer has 1 to 63 letters, digits and "
		    "the marks . _ -";
		return (-1);
	}
	memcpy(cp->cp_peer.name, name, len);
	return (0);
}

int
stanza_address(struct config *cf, const char *host, long port,
    const char **why)
{
	struct msg_peer	*pe;

	if (cf->cf_stanza == NULL)
		return (0);
	pe = &cf->cf_stanza->cp_peer;
	if (pe->host[0] != '\0') {
		*why = "a peer has one address";
		return (-1);
	}
	return (host_of(host, port, pe->host, &pe->port, &pe->address, why));
}

int
stanza_fingerprint(struct config *cf, const char *text, const char **why)
{
	struct conf_peer	*cp;

	if ((cp = cf->cf_stanza) == NULL)
		return (0);
	if (cp->cp_pinned) {
		*why = "a peer has one fingerprint";
		return (-1);
	}
	cp->cp_pinned = true;
	*why = fingerprint_of(text, cp->cp_peer.fingerprint);
	return (*why == NULL ? 0 : -1);
}

void
stanza_legacy(struct config *cf)
{
	if (cf->cf_stanza != NULL)
		cf->cf_stanza->cp_peer.legacy = true;
}

void
stanza_transit(struct config *cf)
{
	if (cf->cf_stanza != NULL)
		cf->cf_stanza->cp_peer.transit = true;
}

void
stanza_drop(struct config *cf)
{
	free(cf->cf_stanza);
	cf->cf_stanza = NULL;
}

int
stanza_end(struct config *cf, const char **why)
{
	struct conf_peer	*cp = cf->cf_stanza, *other;
	struct msg_peer		*pe;

	if (cp == NULL)
		return (0);
	pe = &cp->cp_peer;
	*why = NULL;
	if (!cp->cp_pinned)
		*why = "a peer without its fingerprint would be anybody";
	else if (pe->legacy && pe->host[0] == '\0')
		*why = "a legacy peer without its address would be anybody "
		    "who claims to be it";
	else if (cf->cf_npeers == PEERS_MAX)
		*why = "too many peers";
	TAILQ_FOREACH(other, &cf->cf_peers, cp_entry)
		if (strcmp(other->cp_peer.name, pe->name) == 0)
			*why = "there is a peer of that name already";
		else if (memcmp(other->cp_peer.fingerprint, pe->fingerprint,
		    TLS_HASH_LEN) == 0 && *why == NULL) {
			(void)snprintf(cf->cf_text, sizeof(cf->cf_text),
			    "peer %s has that fingerprint already",
			    other->cp_peer.name);
			*why = cf->cf_text;
		}
	if (*why != NULL)
		return (-1);
	cf->cf_stanza = NULL;
	TAILQ_INSERT_TAIL(&cf->cf_peers, cp, cp_entry);
	cf->cf_npeers++;
	return (0);
}

/* A room that can be joined, and in which people meet (wzp-protocol 1.3). */
static const char *
room_refused(const char *name)
{
	static const char *const	others[] = {
		QUIC_SNI_PING, QUIC_SNI_VERSION, QUIC_SNI_PROBE,
		QUIC_SNI_FEDERATION, QUIC_SNI_SIGNAL
	};
	size_t				i;

	if (!sni_valid(name, strlen(name)))
		return ("nobody could join a room of that name: it takes "
		    "letters, digits, _ and - (see relayd.conf(5))");
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(name, others[i]) == 0)
			return ("that is no room but a service of the relay");
	if (strncmp(name, QUIC_CALL_ROOM_PREFIX,
	    strlen(QUIC_CALL_ROOM_PREFIX)) == 0)
		return ("rooms called call-... are those of calls, which "
		    "need no configuration");
	return (NULL);
}

int
stanza_room(struct config *cf, const char *name, const char **why)
{
	struct conf_room	*cr, *other;
	size_t			 i, len = strlen(name);

	if (cf->cf_nrooms == PEERS_MAX) {
		*why = "too many global rooms";
		return (-1);
	}
	if (len >= ROOM_STRLEN) {
		*why = "name too long";
		return (-1);
	}
	if ((cr = calloc(1, sizeof(*cr))) == NULL) {
		*why = "out of memory";
		return (-1);
	}
	for (i = 0; i < len; i++)
		cr->cr_room.room[i] = (char)tolower((unsigned char)name[i]);
	*why = room_refused(cr->cr_room.room);
	TAILQ_FOREACH(other, &cf->cf_rooms, cr_entry)
		if (strcmp(other->cr_room.room, cr->cr_room.room) == 0)
			*why = "that room is global already";
	if (*why != NULL) {
		free(cr);
		return (-1);
	}
	TAILQ_INSERT_TAIL(&cf->cf_rooms, cr, cr_entry);
	cf->cf_nrooms++;
	return (0);
}

int
stanza_probe(struct config *cf, const char *host, long port,
    const char **why)
{
	struct conf_probe	*cb, *other;
	struct msg_probe_target	*to;

	if (cf->cf_nprobes == PEERS_MAX) {
		*why = "too many probes";
		return (-1);
	}
	if ((cb = calloc(1, sizeof(*cb))) == NULL) {
		*why = "out of memory";
		return (-1);
	}
	to = &cb->cb_target;
	*why = NULL;
	if (host_of(host, port, to->host, &to->port, &to->address, why) == 0)
		TAILQ_FOREACH(other, &cf->cf_probes, cb_entry)
			if (strcmp(other->cb_target.host, to->host) == 0 &&
			    other->cb_target.port == to->port)
				*why = "that is probed already";
	if (*why != NULL) {
		free(cb);
		return (-1);
	}
	TAILQ_INSERT_TAIL(&cf->cf_probes, cb, cb_entry);
	cf->cf_nprobes++;
	return (0);
}

int
stanza_check(struct config *cf, const char *path)
{
	const struct conf_peer	*cp;
	const struct conf_probe	*cb;
	const char		*why;
	int			 status = 0;
	bool			 any;

	TAILQ_FOREACH(cp, &cf->cf_peers, cp_entry)
		if (cp->cp_peer.address.addr_len != 0 &&
		    (why = stanza_dialable(cf, &cp->cp_peer.address)) !=
		    NULL) {
			config_error("%s: peer %s: address %s: %s", path,
			    cp->cp_peer.name, cp->cp_peer.host, why);
			status = -1;
		}
	TAILQ_FOREACH(cb, &cf->cf_probes, cb_entry)
		if (cb->cb_target.address.addr_len != 0 &&
		    (why = stanza_dialable(cf, &cb->cb_target.address)) !=
		    NULL) {
			config_error("%s: probe %s: %s", path,
			    cb->cb_target.host, why);
			status = -1;
		}
	any = cf->cf_npeers + cf->cf_nrooms + cf->cf_nprobes > 0;
	if (any && cf->cf_said == CHOICE_NO) {
		config_error("%s: `federation no', but there are %s: take "
		    "either out", path, cf->cf_npeers > 0 ? "peers" :
		    cf->cf_nrooms > 0 ? "global rooms" : "probes");
		status = -1;
	}
	cf->cf_federation = any || cf->cf_said == CHOICE_YES;
	stanza_number(NULL, cf);
	return (status);
}

void
stanza_free(struct config *cf)
{
	struct conf_peer	*cp;
	struct conf_probe	*cb;
	struct conf_room	*cr;

	stanza_drop(cf);
	while ((cp = TAILQ_FIRST(&cf->cf_peers)) != NULL) {
		TAILQ_REMOVE(&cf->cf_peers, cp, cp_entry);
		free(cp);
	}
	while ((cr = TAILQ_FIRST(&cf->cf_rooms)) != NULL) {
		TAILQ_REMOVE(&cf->cf_rooms, cr, cr_entry);
		free(cr);
	}
	while ((cb = TAILQ_FIRST(&cf->cf_probes)) != NULL) {
		TAILQ_REMOVE(&cf->cf_probes, cb, cb_entry);
		free(cb);
	}
}

void
stanza_print(const struct config *cf, FILE *out)
{
	const struct conf_peer	*cp;
	const struct conf_probe	*cb;
	const struct conf_room	*cr;
	const struct msg_peer	*pe;
	size_t			 i;

	TAILQ_FOREACH(cp, &cf->cf_peers, cp_entry) {
		pe = &cp->cp_peer;
		fprintf(out, "peer \"%s\" {\n", pe->name);
		if (pe->host[0] != '\0')
			fprintf(out, "\taddress \"%s\" port %u\n", pe->host,
			    (unsigned int)pe->port);
		fprintf(out, "\tfingerprint \"");
		for (i = 0; i < TLS_HASH_LEN; i++)
			fprintf(out, "%s%02x", i > 0 ? ":" : "",
			    pe->fingerprint[i]);
		fprintf(out, "\"\n%s%s}\n", pe->legacy ? "\tlegacy\n" : "",
		    pe->transit ? "\ttransit\n" : "");
	}
	TAILQ_FOREACH(cr, &cf->cf_rooms, cr_entry)
		fprintf(out, "global room \"%s\"\n", cr->cr_room.room);
	TAILQ_FOREACH(cb, &cf->cf_probes, cb_entry)
		fprintf(out, "probe \"%s\" port %u\n", cb->cb_target.host,
		    (unsigned int)cb->cb_target.port);
}

bool
stanza_names(const struct config *cf)
{
	const struct conf_peer	*cp;
	const struct conf_probe	*cb;

	TAILQ_FOREACH(cp, &cf->cf_peers, cp_entry)
		if (cp->cp_peer.host[0] != '\0' &&
		    cp->cp_peer.address.addr_len == 0)
			return (true);
	TAILQ_FOREACH(cb, &cf->cf_probes, cb_entry)
		if (cb->cb_target.address.addr_len == 0)
			return (true);
	return (false);
}

/*
 * The lowest index that nobody has; used: bits of the new and, if there is
 * room, the old configuration.
 */
static void
number_rest(uint64_t *index, uint64_t used)
{
	for (*index = 0; *index + 1 < PEERS_MAX; ++*index)
		if ((used & UINT64_C(1) << *index) == 0)
			break;
}

static void
number_peers(const struct config *old, struct config *new)
{
	struct conf_peer	*cp, *was;
	uint64_t		 before = 0, now = 0;

	if (old != NULL)
		TAILQ_FOREACH(was, &old->cf_peers, cp_entry)
			before |= UINT64_C(1) << was->cp_peer.index;
	TAILQ_FOREACH(cp, &new->cf_peers, cp_entry) {
		cp->cp_peer.index = PEERS_MAX;
		if (old == NULL)
			continue;
		TAILQ_FOREACH(was, &old->cf_peers, cp_entry)
			if (strcmp(was->cp_peer.name, cp->cp_peer.name) == 0) {
				cp->cp_peer.index = was->cp_peer.index;
				now |= UINT64_C(1) << cp->cp_peer.index;
			}
	}
	TAILQ_FOREACH(cp, &new->cf_peers, cp_entry) {
		if (cp->cp_peer.index != PEERS_MAX)
			continue;
		number_rest(&cp->cp_peer.index, (before | now) ==
		    UINT64_MAX ? now : before | now);
		now |= UINT64_C(1) << cp->cp_peer.index;
	}
}

static void
number_probes(const struct config *old, struct config *new)
{
	struct conf_probe	*cb, *was;
	uint64_t		 before = 0, now = 0;

	if (old != NULL)
		TAILQ_FOREACH(was, &old->cf_probes, cb_entry)
			before |= UINT64_C(1) << was->cb_target.index;
	TAILQ_FOREACH(cb, &new->cf_probes, cb_entry) {
		cb->cb_target.index = PEERS_MAX;
		if (old == NULL)
			continue;
		TAILQ_FOREACH(was, &old->cf_probes, cb_entry)
			if (strcmp(was->cb_target.host, cb->cb_target.host) ==
			    0 && was->cb_target.port == cb->cb_target.port) {
				cb->cb_target.index = was->cb_target.index;
				now |= UINT64_C(1) << cb->cb_target.index;
			}
	}
	TAILQ_FOREACH(cb, &new->cf_probes, cb_entry) {
		if (cb->cb_target.index != PEERS_MAX)
			continue;
		number_rest(&cb->cb_target.index, (before | now) ==
		    UINT64_MAX ? now : before | now);
		now |= UINT64_C(1) << cb->cb_target.index;
	}
}

void
stanza_number(const struct config *old, struct config *new)
{
	number_peers(old, new);
	number_probes(old, new);
}

const char *
stanza_own(const struct config *cf, const uint8_t fingerprint[TLS_HASH_LEN])
{
	const struct conf_peer	*cp;

	TAILQ_FOREACH(cp, &cf->cf_peers, cp_entry)
		if (memcmp(cp->cp_peer.fingerprint, fingerprint,
		    TLS_HASH_LEN) == 0)
			return (cp->cp_peer.name);
	return (NULL);
}
