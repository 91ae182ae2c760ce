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

/* Vectors of the quality controller, of candidates and of the transport. */

#include "config.h"

#include <stdio.h>
#include <string.h>

#include "common/quic/params.h"
#include "common/wire/candidates.h"
#include "common/wire/quality.h"
#include "regress/vectors/vectors.h"

#define LIST_MAX	16

static yyjson_val	*at(yyjson_val *, size_t);
static void		 number(struct tally *, yyjson_val *, const char *,
			    uint64_t);

static yyjson_val *
at(yyjson_val *arr, size_t i)
{
	return (yyjson_arr_get(arr, i));
}

void
check_classify(struct tally *t, yyjson_val *list)
{
	struct media_report	 r;
	enum quality_tier	 tier;
	yyjson_val		*v;
	const char		*network;
	size_t			 i, max;

	yyjson_arr_foreach(list, i, max, v) {
		memset(&r, 0, sizeof(r));
		network = yyjson_get_str(at(v, 0));
		r.loss_pct = (uint8_t)yyjson_get_uint(at(v, 1));
		r.rtt_4ms = (uint8_t)yyjson_get_uint(at(v, 2));
		if (strncmp(network, "Cellular", 8) == 0)
			tier = quality_classify_cellular(&r);
		else
			tier = quality_classify(&r);
		tally(t, same(yyjson_get_str(at(v, 3)),
		    quality_tier_name(tier)), network);
	}
}

/* Recorded without a pause between reports, so time stands still. */
void
check_controller_traces(struct tally *t, yyjson_val *list)
{
	struct quality		 q;
	struct media_report	 r;
	yyjson_val		*v, *step;
	const char		*codec;
	size_t			 i, max, k, steps;
	bool			 ok;

	yyjson_arr_foreach(list, i, max, v) {
		quality_init(&q, 0);
		ok = true;
		yyjson_arr_foreach(get(v, "steps"), k, steps, step) {
			memset(&r, 0, sizeof(r));
			r.loss_pct = (uint8_t)yyjson_get_uint(at(step, 0));
			r.rtt_4ms = (uint8_t)yyjson_get_uint(at(step, 1));
			codec = NULL;
			if (quality_report(&q, &r, 0))
				codec = media_codec_info(quality_profile(
				    q.q_tier)->codec)->name;
			if (!same(yyjson_get_str(at(step, 2)),
			    quality_tier_name(q.q_tier)) ||
			    !same(yyjson_get_str(at(step, 3)), codec))
				ok = false;
		}
		tally(t, ok, "trace");
	}
}

void
check_nat(struct tally *t, yyjson_val *group)
{
	static const char *const	 roles[] = {
		[ROLE_NONE] = NULL,
		[ROLE_ACCEPTOR] = "Acceptor",
		[ROLE_DIALER] = "Dialer",
	};
	const char	*in[LIST_MAX], *order[LIST_MAX], *consensus;
	yyjson_val	*v, *e, *list;
	enum nat_class	 class;
	size_t		 i, max, k, n, got;
	bool		 ok;

	yyjson_arr_foreach(get(group, "classify_nat"), i, max, v) {
		list = get(v, "observed");
		n = 0;
		yyjson_arr_foreach(list, k, got, e)
			in[n++] = yyjson_get_str(e);
		class = nat_classify(in, n, &consensus);
		tally(t, same(get_str(v, "nat_type"), nat_class_name(class)) &&
		    same(get_str(v, "consensus"), consensus), "classify_nat");
	}
	yyjson_arr_foreach(get(group, "determine_role"), i, max, v)
		tally(t, same(get_str(v, "role"), roles[path_role(
		    get_str(v, "own"), get_str(v, "peer"))]),
		    "determine_role");
	yyjson_arr_foreach(get(group, "dial_order"), i, max, v) {
		n = 0;
		yyjson_arr_foreach(get(v, "local"), k, got, e)
			in[n++] = yyjson_get_str(e);
		got = path_dial_order(get_str(v, "reflexive"), in, n, order,
		    LIST_MAX);
		list = get(v, "dial_order");
		ok = got == yyjson_arr_size(list);
		for (k = 0; ok && k < got; k++)
			ok = same(yyjson_get_str(at(list, k)), order[k]);
		tally(t, ok, "dial_order");
	}
}

static void
number(struct tally *t, yyjson_val *v, const char *name, uint64_t ours)
{
	tally(t, get_uint(v, name) == ours, name);
}

void
check_transport(struct tally *t, yyjson_val *v)
{
	static const char *const	 snis[] = {
		QUIC_SNI_PING, QUIC_SNI_VERSION, QUIC_SNI_PROBE,
		QUIC_SNI_FEDERATION, QUIC_SNI_SIGNAL, QUIC_SNI_RELAY,
		"<room name>"
	};
	yyjson_val	*list = get(v, "snis"), *e;
	const char	*s;
	size_t		 i, max, len;

	tally(t, same(get_str(v, "alpn"), QUIC_ALPN), "alpn");
	number(t, v, "datagram_receive_buffer_size", QUIC_DATAGRAM_BUFFER);
	number(t, v, "initial_mtu", QUIC_INITIAL_MTU);
	number(t, v, "initial_rtt_ms", QUIC_INITIAL_RTT_MS);
	number(t, v, "keep_alive_interval_ms", QUIC_KEEPALIVE_MS);
	number(t, v, "max_idle_timeout_ms", QUIC_IDLE_MS);
	number(t, v, "mtu_upper_bound", QUIC_MTU_MAX);
	number(t, v, "receive_window", QUIC_WINDOW);
	number(t, v, "send_window", QUIC_SEND_WINDOW);
	number(t, v, "stream_receive_window", QUIC_STREAM_WINDOW);

	/* Some have a remark behind the name. */
	yyjson_arr_foreach(list, i, max, e) {
		s = yyjson_get_str(e);
		len = i < sizeof(snis) / sizeof(snis[0]) ? strlen(snis[i]) :
		    0;
		tally(t, len > 0 && strncmp(s, snis[i], len) == 0 &&
		    (s[len] == '\0' || s[len] == ' '), s);
	}
}
