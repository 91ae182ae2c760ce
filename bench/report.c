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
 * wzp-bench-report: makes results.json of the lines of a run and prints the
 * table; status 1 if a row is missing that was asked for.
 *
 *	wzp-bench-report -o results.json lines
 *	wzp-bench-report -c results.json
 *	wzp-bench-report -H results.json
 *
 * The first line is {"kind":"run",...} with all that results.json has beside
 * its rows.
 */
#include "config.h"

#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/figures.h"
#include "bench/report.h"

#define LINES_MAX	1024
#define PAIRS_MAX	99

struct report {
	yyjson_doc	*r_lines[LINES_MAX];
	size_t		 r_n;
	yyjson_mut_doc	*r_doc;
	yyjson_mut_val	*r_rows;
	double		 r_plain_us;	/* of REPORT_PLAIN_ROW; 0: not there */
};

/* Rows of pairs: ours, and what was measured beside it. */
struct beside {
	const char	*be_kind;
	const char	*be_who;
};

/* Of one row, in the order of the pairs. */
struct pairs {
	yyjson_val	*pa_relay[PAIRS_MAX];
	yyjson_val	*pa_beside[PAIRS_MAX];
	bool		 pa_void[PAIRS_MAX];
	size_t		 pa_n;
	size_t		 pa_nvoid;
};

/* What a spread is made of. */
enum of_pair {
	OF_RELAY,
	OF_BESIDE,
	OF_RATIO,	/* ours by the other */
	OF_ADDED	/* ours less the other */
};

static void	usage(void) __attribute__((noreturn));
static int	check(const char *);
static void	read_lines(struct report *, const char *);
static void	copy_members(struct report *, yyjson_mut_val *, yyjson_val *);
static double	number(yyjson_val *, const char *);
static const char
		*string(yyjson_val *, const char *);
static void	media_rows(struct report *);
static const struct beside
		*beside_of(const char *);
static void	media_row(struct report *, const struct beside *,
		    const char *, const char *);
static bool	begun_before(const struct report *, size_t);
static bool	out_of_pace(yyjson_val *);
static void	pairs_find(const struct report *, const struct beside *,
		    const char *, const char *, struct pairs *);
static void	spread(struct report *, yyjson_mut_val *, const char *,
		    const struct pairs *, const char *, enum of_pair);
static double	of_pair(const struct pairs *, size_t, const char *,
		    enum of_pair);
static int	by_value(const void *, const void *);
static yyjson_mut_val
		*counters_agree(struct report *, const struct pairs *);
static yyjson_mut_val
		*maybe(struct report *, const char *);
static void	other_rows(struct report *);
static bool	behind(yyjson_val *);
static void	other_row(struct report *, yyjson_val *);
static void	delays(struct report *, yyjson_mut_val *, const char *,
		    yyjson_val *const *, const struct pairs *);
static int	histograms(const char *);
static void	histogram(yyjson_val *, const char *, const char *);
static void	table(yyjson_val *);
static void	storm_line(yyjson_val *);
static void	media_line(const struct beside *, yyjson_val *);
static void	goal(yyjson_val *, const char *, double);
static double	median(yyjson_val *, const char *);
static double	median_of(const struct beside *, yyjson_val *, const char *);

static const struct beside	besides[] = {
	{ "media", "plain" },
	{ "half", "plain" },
	{ "turn", "coturn" }
};

int
main(int argc, char *argv[])
{
	static struct report	 r;
	yyjson_mut_val		*root;
	yyjson_doc		*doc;
	const char		*out = NULL, *why;
	char			 text[128];
	size_t			 i;
	int			 ch;

	while ((ch = getopt(argc, argv, "H:c:o:")) != -1) {
		switch (ch) {
		case 'H':
			return (histograms(optarg));
		case 'c':
			return (check(optarg));
		case 'o':
			out = optarg;
			break;
		default:
			usage();
		}
	}
	argc -= optind;
	argv += optind;
	if (argc != 1 || out == NULL)
		usage();
	read_lines(&r, argv[0]);
	if (r.r_n == 0 || strcmp(string(yyjson_doc_get_root(r.r_lines[0]),
	    "kind"), "run") != 0)
		errx(1, "%s: does not begin with the run", argv[0]);

	if ((r.r_doc = yyjson_mut_doc_new(NULL)) == NULL)
		err(1, NULL);
	root = yyjson_mut_obj(r.r_doc);
	yyjson_mut_doc_set_root(r.r_doc, root);
	(void)yyjson_mut_obj_add_int(r.r_doc, root, "schema", REPORT_SCHEMA);
	r.r_rows = yyjson_mut_arr(r.r_doc);
	media_rows(&r);
	other_rows(&r);
	if (yyjson_get_bool(yyjson_obj_get(yyjson_doc_get_root(r.r_lines[0]),
	    "quick"))) {
		(void)yyjson_mut_obj_add_str(r.r_doc, root, "void",
		    "a quick run has no figures, only their form");
	} else if (r.r_plain_us > REPORT_PLAIN_US) {
		(void)snprintf(text, sizeof(text), "plain UDP takes %.2f us "
		    "a datagram, more than %.2f: the machine is not ours",
		    r.r_plain_us, REPORT_PLAIN_US);
		(void)yyjson_mut_obj_add_strcpy(r.r_doc, root, "void", text);
	} else
		(void)yyjson_mut_obj_add_null(r.r_doc, root, "void");
	copy_members(&r, root, yyjson_doc_get_root(r.r_lines[0]));
	(void)yyjson_mut_obj_add_val(r.r_doc, root, "rows", r.r_rows);

	if (!yyjson_mut_write_file(out, r.r_doc, YYJSON_WRITE_PRETTY, NULL,
	    NULL))
		errx(1, "%s: cannot be written", out);
	if ((doc = yyjson_mut_doc_imut_copy(r.r_doc, NULL)) == NULL)
		err(1, NULL);
	table(yyjson_doc_get_root(doc));
	why = schema_check(yyjson_doc_get_root(doc), text, sizeof(text));
	if (why != NULL)
		warnx("%s: %s", out, why);
	yyjson_doc_free(doc);
	yyjson_mut_doc_free(r.r_doc);
	for (i = 0; i < r.r_n; i++)
		yyjson_doc_free(r.r_lines[i]);
	return (why == NULL ? 0 : 1);
}

static void
usage(void)
{
	fprintf(stderr, "usage: wzp-bench-report -o results.json lines\n"
	    "       wzp-bench-report -c results.json\n"
	    "       wzp-bench-report -H results.json\n");
	exit(1);
}

static int
check(const char *path)
{
	yyjson_doc	*doc;
	const char	*why;
	char		 text[128];

	if ((doc = yyjson_read_file(path, 0, NULL, NULL)) == NULL)
		errx(1, "%s: no JSON", path);
	why = schema_check(yyjson_doc_get_root(doc), text, sizeof(text));
	if (why != NULL)
		warnx("%s: %s", path, why);
	yyjson_doc_free(doc);
	return (why == NULL ? 0 : 1);
}

static void
read_lines(struct report *r, const char *path)
{
	char	*line = NULL;
	size_t	 size = 0;
	ssize_t	 len;
	FILE	*fp;

	if ((fp = fopen(path, "r")) == NULL)
		err(1, "%s", path);
	while ((len = getline(&line, &size, fp)) > 0) {
		if (r->r_n == LINES_MAX)
			errx(1, "%s: too many lines", path);
		r->r_lines[r->r_n] = yyjson_read(line, (size_t)len, 0);
		if (r->r_lines[r->r_n] == NULL)
			errx(1, "%s: line %zu is no JSON", path, r->r_n + 1);
		r->r_n++;
	}
	free(line);
	fclose(fp);
}

/* All but its kind. */
static void
copy_members(struct report *r, yyjson_mut_val *to, yyjson_val *from)
{
	yyjson_val	*key, *value;
	size_t		 i, max;

	yyjson_obj_foreach(from, i, max, key, value)
		if (!yyjson_equals_str(key, "kind"))
			(void)yyjson_mut_obj_add(to,
			    yyjson_val_mut_copy(r->r_doc, key),
			    yyjson_val_mut_copy(r->r_doc, value));
}

static double
number(yyjson_val *row, const char *name)
{
	return (yyjson_get_num(yyjson_obj_get(row, name)));
}

static const char *
string(yyjson_val *row, const char *name)
{
	const char	*s = yyjson_get_str(yyjson_obj_get(row, name));

	return (s == NULL ? "" : s);
}

/* NULL: rows of that kind have no pairs. */
static const struct beside *
beside_of(const char *kind)
{
	size_t	i;

	for (i = 0; i < sizeof(besides) / sizeof(besides[0]); i++)
		if (strcmp(besides[i].be_kind, kind) == 0)
			return (&besides[i]);
	return (NULL);
}

/* One row for all lines of a name and a relay. */
static void
media_rows(struct report *r)
{
	const struct beside	*be;
	yyjson_val		*line;
	size_t			 i;

	for (i = 0; i < r->r_n; i++) {
		line = yyjson_doc_get_root(r->r_lines[i]);
		be = beside_of(string(line, "kind"));
		if (be != NULL &&
		    strcmp(string(line, "who"), be->be_who) != 0 &&
		    !begun_before(r, i))
			media_row(r, be, string(line, "name"),
			    string(line, "who"));
	}
}

static bool
begun_before(const struct report *r, size_t n)
{
	yyjson_val	*line = yyjson_doc_get_root(r->r_lines[n]), *other;
	size_t		 i;

	for (i = 0; i < n; i++) {
		other = yyjson_doc_get_root(r->r_lines[i]);
		if (strcmp(string(other, "name"), string(line, "name")) == 0 &&
		    strcmp(string(other, "who"), string(line, "who")) == 0)
			return (true);
	}
	return (false);
}

/* The climb to saturation has a pace of its own. */
static bool
out_of_pace(yyjson_val *line)
{
	return (*string(line, "limit") == '\0' && number(line, "sent") <
	    REPORT_PACE_MIN * number(line, "asked"));
}

/* A line of plain UDP, or of coturn, belongs to the one before it. */
static void
pairs_find(const struct report *r, const struct beside *be, const char *name,
    const char *who, struct pairs *pa)
{
	yyjson_val	*line, *next;
	size_t		 i;

	memset(pa, 0, sizeof(*pa));
	for (i = 0; i + 1 < r->r_n && pa->pa_n < PAIRS_MAX; i++) {
		line = yyjson_doc_get_root(r->r_lines[i]);
		next = yyjson_doc_get_root(r->r_lines[i + 1]);
		if (strcmp(string(line, "name"), name) != 0 ||
		    strcmp(string(line, "who"), who) != 0 ||
		    strcmp(string(next, "name"), name) != 0 ||
		    strcmp(string(next, "who"), be->be_who) != 0)
			continue;
		pa->pa_relay[pa->pa_n] = line;
		pa->pa_beside[pa->pa_n] = next;
		if (number(line, "delivered") == 0. ||
		    number(next, "delivered") == 0. ||
		    number(line, "loss") > REPORT_LOSS_MAX ||
		    number(next, "loss") > REPORT_LOSS_MAX ||
		    out_of_pace(line) || out_of_pace(next)) {
			pa->pa_void[pa->pa_n] = true;
			pa->pa_nvoid++;
		}
		pa->pa_n++;
	}
}

static void
media_row(struct report *r, const struct beside *be, const char *name,
    const char *who)
{
	static const char *const	 same[] = {
		"cpu_us", "per_s", "loss", "p50_ms", "p99_ms"
	};
	static struct pairs		 pa;
	yyjson_mut_val			*row, *list, *two;
	char				 field[32], why[96];
	size_t				 i;

	pairs_find(r, be, name, who, &pa);
	if (pa.pa_n == 0)
		return;		/* missing, then */
	row = yyjson_mut_obj(r->r_doc);
	(void)yyjson_mut_obj_add_str(r->r_doc, row, "kind", be->be_kind);
	(void)yyjson_mut_obj_add_strcpy(r->r_doc, row, "name", name);
	(void)yyjson_mut_obj_add_strcpy(r->r_doc, row, "who", who);
	if (2 * pa.pa_nvoid >= pa.pa_n) {
		(void)snprintf(why, sizeof(why), "more than %.1f %% loss, or "
		    "not offered, in %zu of %zu pairs", 100. *
		    REPORT_LOSS_MAX, pa.pa_nvoid, pa.pa_n);
		(void)yyjson_mut_obj_add_strcpy(r->r_doc, row, "void", why);
		/* What there is, is shown. */
		memset(pa.pa_void, 0, sizeof(pa.pa_void));
	} else
		(void)yyjson_mut_obj_add_null(r->r_doc, row, "void");
	(void)yyjson_mut_obj_add_val(r->r_doc, row, "calls",
	    yyjson_val_mut_copy(r->r_doc, yyjson_obj_get(pa.pa_relay[0],
	    "calls")));
	(void)yyjson_mut_obj_add_val(r->r_doc, row, "copies",
	    yyjson_val_mut_copy(r->r_doc, yyjson_obj_get(pa.pa_relay[0],
	    "copies")));
	(void)yyjson_mut_obj_add_val(r->r_doc, row, "limit", maybe(r,
	    string(pa.pa_relay[0], "limit")));
	(void)snprintf(field, sizeof(field), "%s_limit", be->be_who);
	(void)yyjson_mut_obj_add(row, yyjson_mut_strcpy(r->r_doc, field),
	    maybe(r, string(pa.pa_beside[0], "limit")));
	(void)yyjson_mut_obj_add_uint(r->r_doc, row, "void_pairs",
	    pa.pa_nvoid);
	(void)yyjson_mut_obj_add_val(r->r_doc, row, "counters_agree",
	    counters_agree(r, &pa));
	spread(r, row, "ratio", &pa, "cpu_us", OF_RATIO);
	spread(r, row, "load_us", &pa, "load_us", OF_RELAY);
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		spread(r, row, same[i], &pa, same[i], OF_RELAY);
		(void)snprintf(field, sizeof(field), "%s_%s", be->be_who,
		    same[i]);
		spread(r, row, field, &pa, same[i], OF_BESIDE);
	}
	delays(r, row, "delays", pa.pa_relay, &pa);
	(void)snprintf(field, sizeof(field), "%s_delays", be->be_who);
	delays(r, row, field, pa.pa_beside, &pa);
	if (strcmp(be->be_kind, "half") == 0) {
		spread(r, row, "added_p50_ms", &pa, "p50_ms", OF_ADDED);
		spread(r, row, "added_p99_ms", &pa, "p99_ms", OF_ADDED);
	}
	list = yyjson_mut_arr(r->r_doc);
	for (i = 0; i < pa.pa_n; i++) {
		two = yyjson_mut_obj(r->r_doc);
		(void)yyjson_mut_obj_add(two, yyjson_mut_strcpy(r->r_doc,
		    who), yyjson_val_mut_copy(r->r_doc, pa.pa_relay[i]));
		(void)yyjson_mut_obj_add_val(r->r_doc, two, be->be_who,
		    yyjson_val_mut_copy(r->r_doc, pa.pa_beside[i]));
		(void)yyjson_mut_arr_add_val(list, two);
	}
	(void)yyjson_mut_obj_add_val(r->r_doc, row, "pairs", list);
	(void)yyjson_mut_arr_add_val(r->r_rows, row);
	if (strcmp(name, REPORT_PLAIN_ROW) == 0 && strcmp(who, "relay") == 0)
		r->r_plain_us = yyjson_mut_get_num(yyjson_mut_obj_get(
		    yyjson_mut_obj_get(row, "plain_cpu_us"), "median"));
}

static double
of_pair(const struct pairs *pa, size_t i, const char *field, enum of_pair of)
{
	double	ours = number(pa->pa_relay[i], field);
	double	other = number(pa->pa_beside[i], field);

	switch (of) {
	case OF_RELAY:
		return (ours);
	case OF_BESIDE:
		return (other);
	case OF_RATIO:
		return (other <= 0. ? 0. : ours / other);
	case OF_ADDED:
		return (ours - other);
	}
	return (0.);
}

static void
spread(struct report *r, yyjson_mut_val *row, const char *name,
    const struct pairs *pa, const char *field, enum of_pair of)
{
	yyjson_mut_val	*v = yyjson_mut_obj(r->r_doc);
	double		 values[PAIRS_MAX] = { 0. };
	size_t		 i, n = 0;

	for (i = 0; i < pa->pa_n; i++)
		if (!pa->pa_void[i])
			values[n++] = of_pair(pa, i, field, of);
	if (n == 0)
		n = 1;
	qsort(values, n, sizeof(values[0]), by_value);
	(void)yyjson_mut_obj_add_real(r->r_doc, v, "median",
	    n % 2 == 1 ? values[n / 2] :
	    (values[n / 2 - 1] + values[n / 2]) / 2.);
	(void)yyjson_mut_obj_add_real(r->r_doc, v, "min", values[0]);
	(void)yyjson_mut_obj_add_real(r->r_doc, v, "max", values[n - 1]);
	(void)yyjson_mut_obj_add(row, yyjson_mut_strcpy(r->r_doc, name), v);
}

/* All of the pairs that count together. */
static void
delays(struct report *r, yyjson_mut_val *row, const char *name,
    yyjson_val *const *lines, const struct pairs *pa)
{
	yyjson_mut_val	*v = yyjson_mut_arr(r->r_doc);
	uint64_t	 n;
	size_t		 i, k;

	for (k = 0; k < DELAY_COUNTS; k++) {
		for (n = 0, i = 0; i < pa->pa_n; i++)
			if (!pa->pa_void[i])
				n += yyjson_get_uint(yyjson_arr_get(
				    yyjson_obj_get(lines[i], "delays"), k));
		(void)yyjson_mut_arr_add_uint(r->r_doc, v, n);
	}
	(void)yyjson_mut_obj_add(row, yyjson_mut_strcpy(r->r_doc, name), v);
}

static int
by_value(const void *a, const void *b)
{
	const double	*x = a, *y = b;

	return (*x < *y ? -1 : *x > *y);
}

/*
 * What the relay says that it got and sent is what the load sent and got; of
 * what was lost the relay may have seen both, one or nothing.
 */
static yyjson_mut_val *
counters_agree(struct report *r, const struct pairs *pa)
{
	yyjson_val	*line;
	double		 in, out, sent, copies, delivered;
	bool		 agree = true;
	size_t		 i;

	for (i = 0; i < pa->pa_n; i++) {
		line = pa->pa_relay[i];
		in = number(line, "relay_in");
		out = number(line, "relay_out");
		sent = number(line, "sent");
		copies = number(line, "copies");
		delivered = number(line, "delivered");
		if (in < 0. || out < 0.)
			return (yyjson_mut_null(r->r_doc));
		agree = agree && in <= sent && out >= delivered &&
		    (sent * copies > delivered ||
		    (in >= sent && out <= delivered));
	}
	return (yyjson_mut_bool(r->r_doc, agree));
}

static yyjson_mut_val *
maybe(struct report *r, const char *s)
{
	return (*s == '\0' ? yyjson_mut_null(r->r_doc) :
	    yyjson_mut_strcpy(r->r_doc, s));
}

static void
other_rows(struct report *r)
{
	yyjson_val	*line;
	size_t		 i;

	for (i = 1; i < r->r_n; i++) {
		line = yyjson_doc_get_root(r->r_lines[i]);
		if (beside_of(string(line, "kind")) == NULL)
			other_row(r, line);
	}
}

/* Clients of a storm came later than they should have. */
static bool
behind(yyjson_val *steps)
{
	yyjson_val	*step;
	size_t		 i, max;

	yyjson_arr_foreach(steps, i, max, step)
		if (number(step, "behind_ms") > REPORT_BEHIND_MS)
			return (true);
	return (false);
}

/* As it is, and whether it counts. */
static void
other_row(struct report *r, yyjson_val *line)
{
	yyjson_mut_val	*row = yyjson_val_mut_copy(r->r_doc, line);
	const char	*kind = string(line, "kind"), *why = NULL;

	if (strcmp(kind, "rate") == 0) {
		if (number(line, "done") == 0.)
			why = "nothing was done";
		else if (number(line, "failed") > REPORT_FAILED_MAX *
		    number(line, "done"))
			why = "more than 0.1 % failed";
		else if (number(line, "records") >= 0. &&
		    number(line, "records") < number(line, "done"))
			why = "not all of them are in the database";
	} else if (strcmp(kind, "storm") == 0) {
		if (behind(yyjson_obj_get(line, "steps")))
			why = "the load did not keep its pace";
	} else if ((strcmp(kind, "federated") == 0 ||
	    strcmp(kind, "allocs") == 0) &&
	    number(line, "loss") > REPORT_LOSS_MAX)
		why = "more than 0.1 % loss";
	(void)yyjson_mut_obj_add_val(r->r_doc, row, "void",
	    maybe(r, why == NULL ? "" : why));
	(void)yyjson_mut_arr_add_val(r->r_rows, row);
}

static double
median(yyjson_val *row, const char *field)
{
	return (number(yyjson_obj_get(row, field), "median"));
}

/* Of what was measured beside it. */
static double
median_of(const struct beside *be, yyjson_val *row, const char *field)
{
	char	name[32];

	(void)snprintf(name, sizeof(name), "%s_%s", be->be_who, field);
	return (median(row, name));
}

/* At most that, in the median. */
static void
goal(yyjson_val *row, const char *field, double most)
{
	double	is = median(row, field);

	printf(" %s %.2f, at most %.2f: %s", field, is, most,
	    is <= most ? "met" : "NOT MET");
}

static void
media_line(const struct beside *be, yyjson_val *row)
{
	yyjson_val	*ratio = yyjson_obj_get(row, "ratio");

	printf("%-17s %-5s %8.0f %7.2f %7.2f %6.2f (%.2f-%.2f) %6.2f %6.2f"
	    " %6.2f %6.2f %7.3f", string(row, "name"), string(row, "who"),
	    median(row, "per_s"), median(row, "cpu_us"),
	    median_of(be, row, "cpu_us"), number(ratio, "median"),
	    number(ratio, "min"), number(ratio, "max"),
	    median(row, "p50_ms"), median(row, "p99_ms"),
	    median_of(be, row, "p50_ms"), median_of(be, row, "p99_ms"),
	    100. * median(row, "loss"));
	if (strcmp(be->be_kind, "turn") == 0)
		goal(row, "ratio", REPORT_TURN_GOAL);
	if (strcmp(be->be_kind, "half") == 0)
		goal(row, "added_p99_ms", REPORT_ADDED_GOAL);
	if (!yyjson_is_null(yyjson_obj_get(row, "limit")))
		printf(" limit %s/%s, %.0f and %.0f a core",
		    string(row, "limit"), string(row, "plain_limit"),
		    1e6 / median(row, "cpu_us"),
		    1e6 / median_of(be, row, "cpu_us"));
	if (yyjson_is_false(yyjson_obj_get(row, "counters_agree")))
		printf(" COUNTERS DIFFER");
	if (!yyjson_is_null(yyjson_obj_get(row, "void")))
		printf(" VOID: %s", string(row, "void"));
	printf("\n");
}

static void
storm_line(yyjson_val *row)
{
	yyjson_val	*step;
	size_t		 i, max;

	printf("%9.0f %7.1f %7.2f %7.2f held %.2f, %.0f lost; media %.3f %% "
	    "loss, p99 %.2f ms", number(row, "per_s"),
	    number(row, "cpu_us"), number(row, "p50_ms"),
	    number(row, "p99_ms"), number(row, "held"), number(row, "lost"),
	    100. * number(row, "media_loss"), number(row, "media_p99_ms"));
	yyjson_arr_foreach(yyjson_obj_get(row, "steps"), i, max, step)
		printf("\n  %5.0f/s offered     %9.0f in time, %.0f late, "
		    "%.0f refused, %.0f given up", number(step, "rate"),
		    number(step, "in_time") / number(step, "seconds"),
		    number(step, "late") / number(step, "seconds"),
		    number(step, "refused") / number(step, "seconds"),
		    number(step, "given_up") / number(step, "seconds"));
}

/* The file has been checked. */
static int
histograms(const char *path)
{
	const struct beside	*be;
	yyjson_doc		*doc;
	yyjson_val		*row;
	char			 field[32];
	size_t			 i, max;

	if (check(path) != 0)
		return (1);
	if ((doc = yyjson_read_file(path, 0, NULL, NULL)) == NULL)
		errx(1, "%s: no JSON", path);
	yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "rows"),
	    i, max, row) {
		histogram(row, "delays", string(row, "who"));
		if ((be = beside_of(string(row, "kind"))) == NULL)
			continue;
		(void)snprintf(field, sizeof(field), "%s_delays", be->be_who);
		histogram(row, field, be->be_who);
	}
	yyjson_doc_free(doc);
	return (0);
}

static void
histogram(yyjson_val *row, const char *field, const char *who)
{
	static const unsigned int	 bounds_us[] = DELAY_BOUNDS_US;
	static const char		 bar[] =
	    "##################################################";
	yyjson_val			*list, *v;
	double				 all = 0., part, so_far = 0.;
	size_t				 i, max;

	if ((list = yyjson_obj_get(row, field)) == NULL)
		return;
	yyjson_arr_foreach(list, i, max, v)
		all += yyjson_get_num(v);
	printf("%s, %s: %.0f\n", string(row, "name"), who, all);
	yyjson_arr_foreach(list, i, max, v) {
		if (yyjson_get_num(v) == 0.)
			continue;
		part = yyjson_get_num(v) / all;
		so_far += part;
		if (i + 1 < max)
			printf("  < %7.2f ms", bounds_us[i] / 1e3);
		else
			printf("    longer   ");
		printf(" %7.3f %% %8.3f %%  %.*s\n", 100. * part,
		    100. * so_far, (int)(part * (sizeof(bar) - 1) + .5), bar);
	}
}

static void
table(yyjson_val *file)
{
	const struct beside	*be;
	yyjson_val		*rows, *row, *machine;
	size_t			 i, max;

	rows = yyjson_obj_get(file, "rows");
	machine = yyjson_obj_get(file, "machine");
	printf("%s, %.0f processors, %s, load %.2f before and %.2f after, "
	    "%s; plain UDP version %.0f\n\n", string(machine, "cpu"),
	    number(machine, "processors"), string(machine, "kernel"),
	    number(machine, "load_before"), number(machine, "load_after"),
	    yyjson_get_bool(yyjson_obj_get(machine, "pinned")) ?
	    "pinned" : "not pinned",
	    number(yyjson_obj_get(file, "plain"), "version"));
	printf("media             relay delivd/s  CPU us   plain  ratio "
	    "(range)     p50    p99 ms  plain's      loss %%\n");
	yyjson_arr_foreach(rows, i, max, row)
		if ((be = beside_of(string(row, "kind"))) != NULL)
			media_line(be, row);
	printf("\nother             relay        /s  CPU us     p50 "
	    "    p99 ms\n");
	yyjson_arr_foreach(rows, i, max, row) {
		if (beside_of(string(row, "kind")) != NULL)
			continue;
		printf("%-17s %-5s ", string(row, "name"),
		    string(row, "who"));
		if (strcmp(string(row, "kind"), "memory") == 0)
			printf("%9.0f clients, %.1f KiB each",
			    number(row, "clients"),
			    number(row, "kib_per_client"));
		else if (strcmp(string(row, "kind"), "allocs") == 0)
			printf("%9.0f times memory, for %.0f datagrams",
			    number(row, "all"), number(row, "delivered"));
		else if (strcmp(string(row, "kind"), "instructions") == 0)
			printf("%9.0f for a datagram, %.0f calls",
			    number(row, "each"), number(row, "calls"));
		else if (strcmp(string(row, "kind"), "aead") == 0)
			printf("%9s %7.3f (%s)", "",
			    number(row, "cpu_us"), string(row, "cipher"));
		else if (strcmp(string(row, "kind"), "storm") == 0)
			storm_line(row);
		else
			printf("%9.0f %7.1f %7.2f %7.2f",
			    number(row, "per_s"), number(row, "cpu_us"),
			    strcmp(string(row, "kind"), "rate") == 0 ?
			    number(row, "p50_ms") : number(row, "mean_ms"),
			    number(row, "p99_ms"));
		if (!yyjson_is_null(yyjson_obj_get(row, "void")))
			printf(" VOID: %s", string(row, "void"));
		printf("\n");
	}
	if (!yyjson_is_null(yyjson_obj_get(file, "void")))
		printf("\nVOID: %s\n", string(file, "void"));
}
