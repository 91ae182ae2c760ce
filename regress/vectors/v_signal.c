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

/* Vectors of signals: frames, what parses and what does not, floats. */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/wire/signal.h"
#include "regress/vectors/vectors.h"

#define FRAME_MAX	4096
#define FEC_RATIO(s)	\
	(&(s)->u.quality_directive.recommended_profile.fec_ratio)

static bool	 reprints(const uint8_t *, size_t, const char *,
		    enum signal_type *);

/* Parses text and prints it as expected (and, printed, parses again). */
static bool
reprints(const uint8_t *text, size_t len, const char *expected,
    enum signal_type *type)
{
	struct signal	*s, *again;
	char		 buf[FRAME_MAX], buf2[FRAME_MAX];
	int		 n;
	bool		 ok;

	if ((s = signal_parse(text, len, NULL)) == NULL)
		return (false);
	*type = s->type;
	n = signal_print(s, buf, sizeof(buf));
	signal_free(s);
	if (n < 0 || (size_t)n != strlen(expected) ||
	    memcmp(buf, expected, (size_t)n) != 0)
		return (false);
	again = signal_parse((const uint8_t *)buf, (size_t)n, NULL);
	ok = again != NULL && signal_print(again, buf2, sizeof(buf2)) == n &&
	    strcmp(buf, buf2) == 0;
	signal_free(again);
	return (ok);
}

void
check_messages(struct tally *t, yyjson_val *list)
{
	yyjson_val		*v;
	const char		*json;
	uint8_t			 frame[FRAME_MAX];
	size_t			 i, max, len, body;
	enum signal_type	 type;
	bool			 ok;

	yyjson_arr_foreach(list, i, max, v) {
		json = get_str(v, "json");
		len = unhex(get_str(v, "frame_hex"), frame, sizeof(frame));
		ok = len > 4 && len <= sizeof(frame);
		if (ok) {
			body = (size_t)frame[0] << 24 |
			    (size_t)frame[1] << 16 | (size_t)frame[2] << 8 |
			    frame[3];
			ok = body == len - 4 &&
			    reprints(frame + 4, body, json, &type) &&
			    same(get_str(v, "variant"), signal_name(type));
		}
		tally(t, ok, json);
	}
}

void
check_parse(struct tally *t, yyjson_val *list)
{
	yyjson_val		*v;
	struct signal		*s;
	const char		*input;
	size_t			 i, max, len;
	enum signal_type	 type;
	bool			 ok;

	yyjson_arr_foreach(list, i, max, v) {
		input = get_str(v, "input");
		len = yyjson_get_len(get(v, "input"));
		if (get_bool(v, "ok")) {
			ok = yyjson_obj_get(v, "canonical") != NULL &&
			    reprints((const uint8_t *)input, len,
			    get_str(v, "canonical"), &type);
		} else {
			s = signal_parse((const uint8_t *)input, len, NULL);
			ok = s == NULL;
			signal_free(s);
		}
		tally(t, ok, input);
	}
}

/* Printed inside a profile, and read back to the same bits. */
void
check_f32(struct tally *t, yyjson_val *list)
{
	struct signal	 s, *back;
	yyjson_val	*v;
	const char	*json;
	uint32_t	 bits, got;
	size_t		 i, max;
	char		 buf[512], expected[512];
	int		 n;
	bool		 ok;

	yyjson_arr_foreach(list, i, max, v) {
		json = get_str(v, "json");
		bits = (uint32_t)strtoul(get_str(v, "f32_bits"), NULL, 16);
		memset(&s, 0, sizeof(s));
		s.type = SIGNAL_QUALITY_DIRECTIVE;
		memcpy(FEC_RATIO(&s), &bits, sizeof(bits));
		snprintf(expected, sizeof(expected),
		    "{\"QualityDirective\":{\"recommended_profile\":"
		    "{\"codec\":\"Opus24k\",\"fec_ratio\":%s,"
		    "\"frame_duration_ms\":0,\"frames_per_block\":0}}}", json);
		n = signal_print(&s, buf, sizeof(buf));
		ok = n > 0 && strcmp(buf, expected) == 0;
		if (ok) {
			back = signal_parse((const uint8_t *)buf, (size_t)n,
			    NULL);
			ok = back != NULL;
			if (ok) {
				memcpy(&got, FEC_RATIO(back), sizeof(got));
				ok = got == bits;
			}
			signal_free(back);
		}
		tally(t, ok, json);
	}
}
