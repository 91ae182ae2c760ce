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
 * Checks our wire code against vectors.json, recorded from the original.
 * Internal to regress/vectors.
 */
#ifndef WZP_REGRESS_VECTORS_H
#define WZP_REGRESS_VECTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <yyjson.h>

/* What a group's checker found; one vector counts once. */
struct tally {
	const char	*t_group;
	bool		 t_quiet;	/* failures are wanted: do not print */
	unsigned int	 t_checked;
	unsigned int	 t_held;
};

void		 tally(struct tally *, bool ok, const char *what);

/* A member of an object; missing ones end the program. */
yyjson_val	*get(yyjson_val *, const char *);
const char	*get_str(yyjson_val *, const char *);
uint64_t	 get_uint(yyjson_val *, const char *);
bool		 get_bool(yyjson_val *, const char *);
float		 get_f32(yyjson_val *, const char *);
/* Hex into out, at most cap bytes; the length, or cap + 1 if it is no hex. */
size_t		 unhex(const char *, uint8_t *out, size_t cap);
bool		 hex_is(const char *hex, const void *, size_t);
/* Two strings, either of which may be NULL. */
bool		 same(const char *, const char *);

void		 check_identities(struct tally *, yyjson_val *);
void		 check_fingerprint_parse(struct tally *, yyjson_val *);
void		 check_rooms(struct tally *, yyjson_val *);
void		 check_x25519(struct tally *, yyjson_val *);
void		 check_hkdf_labels(struct tally *, yyjson_val *);
void		 check_session_key(struct tally *, yyjson_val *);
void		 check_sas(struct tally *, yyjson_val *);
void		 check_messages(struct tally *, yyjson_val *);
void		 check_parse(struct tally *, yyjson_val *);
void		 check_f32(struct tally *, yyjson_val *);
void		 check_codecs(struct tally *, yyjson_val *);
void		 check_profiles(struct tally *, yyjson_val *);
void		 check_media_header(struct tally *, yyjson_val *);
void		 check_media_packet(struct tally *, yyjson_val *);
void		 check_quality_report(struct tally *, yyjson_val *);
void		 check_federation_datagram(struct tally *, yyjson_val *);
void		 check_classify(struct tally *, yyjson_val *);
void		 check_controller_traces(struct tally *, yyjson_val *);
void		 check_nat(struct tally *, yyjson_val *);
void		 check_transport(struct tally *, yyjson_val *);

#endif /* WZP_REGRESS_VECTORS_H */
