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
 * wzp-bench-report: from the lines of wzp-bench to a table and results.json
 * (report.c), and whether such a file has the form that doc/PERFORMANCE.md
 * describes (schema.c).
 */
#ifndef WZP_BENCH_REPORT_H
#define WZP_BENCH_REPORT_H

#include <stddef.h>

#include <yyjson.h>

#define REPORT_SCHEMA	3

/* Whoever lost more than this has not done the work: the figure is void. */
#define REPORT_LOSS_MAX	0.001
/* A load that sent less of what it was asked to was not what the row says. */
#define REPORT_PACE_MIN	0.95
/* Calls that failed, of those made. */
#define REPORT_FAILED_MAX 0.001
/* A client of a storm that comes so much later is not in time. */
#define REPORT_BEHIND_MS	250.
/*
 * wzp-plain at 500 calls took 1.6 to 2.4 us on the machine where it was
 * frozen; where it takes half as much again, others have the machine.
 */
#define REPORT_PLAIN_ROW "media-500"
#define REPORT_PLAIN_US	3.6

/* What the rows beside coturn and at half of the saturation are to be. */
#define REPORT_TURN_GOAL 0.35	/* ratio */
#define REPORT_ADDED_GOAL 2.	/* ms, p99 */

/* NULL: it is as it has to be; else why not, in buf. */
const char	*schema_check(yyjson_val *, char *buf, size_t);

#endif /* WZP_BENCH_REPORT_H */
